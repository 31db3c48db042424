//! Forms with a file (`multipart/form-data`), read from the body that is there already.

use std::convert::Infallible;

use actix_web::{HttpRequest, http::header::CONTENT_TYPE, web::Bytes};
use futures_util::{FutureExt as _, future::ready, stream};
use multer::Multipart;

use super::observe::Body;

/// Fields of a form, at most.
const MOST_PARTS: usize = 20;

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// A file's bytes, or a text's.
    pub value: Bytes,
}

/// The fields of a request's form; none of what is no such form, or a broken one.
#[must_use]
pub fn parts(req: &HttpRequest) -> Vec<Part> {
    let mime = req.headers().get(CONTENT_TYPE).and_then(|mime| mime.to_str().ok());
    let boundary = mime.and_then(|mime| multer::parse_boundary(mime).ok());
    // All of the body is there, so nothing is waited for.
    let read = boundary.and_then(|boundary| read(Body::of(req).bytes(), boundary).now_or_never());
    read.flatten().unwrap_or_default()
}

async fn read(body: Bytes, boundary: String) -> Option<Vec<Part>> {
    let mut form = Multipart::new(stream::once(ready(Ok::<_, Infallible>(body))), boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        if parts.len() == MOST_PARTS {
            return None;
        }
        let name = field.name()?.to_owned();
        parts.push(Part { name, value: field.bytes().await.ok()? });
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Option<Vec<(String, Bytes)>> {
        let parts = read(Bytes::copy_from_slice(body.as_bytes()), "x".to_owned()).now_or_never().unwrap();
        parts.map(|parts| parts.into_iter().map(|part| (part.name, part.value)).collect())
    }

    #[test]
    fn a_form_is_read_to_its_end_or_not_at_all() {
        let text = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nword\r\n";
        let file = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\n--y\r\n\r\n";
        let read = of(&format!("{text}{file}--x--\r\n")).unwrap();
        assert_eq!(read[0], ("csrf".to_owned(), Bytes::from_static(b"word")));
        assert_eq!(read[1], ("file".to_owned(), Bytes::from_static(b"a,b\r\n--y\r\n")));
        for broken in ["", "--x", text, &format!("{text}--x"), &text.replace("name=", "nom="), "csrf=word"] {
            assert_eq!(of(broken), None, "{broken:?}");
        }
        assert_eq!(of(&format!("{}--x--\r\n", text.repeat(MOST_PARTS + 1))), None);
    }
}
