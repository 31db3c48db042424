//! `wxa/getwxacodeunlimit`: a mini-program code as a picture.

use serde_json::json;

use super::{
    Call, WeChat, WeChatApi,
    errors::{Class, WeChatError},
};
use crate::platform::kv::Kv;

/// Characters of a scene, at most.
const SCENE_MOST: usize = 32;
/// What a scene may hold besides letters and digits.
const SCENE_SIGNS: &[u8] = b"!#$&'()*+,/:;=?@-._~";

/// Whether WeChat takes this as a scene.
#[must_use]
pub fn is_scene(scene: &str) -> bool {
    (1..=SCENE_MOST).contains(&scene.len())
        && scene.bytes().all(|b| b.is_ascii_alphanumeric() || SCENE_SIGNS.contains(&b))
}

impl WeChat {
    /// A mini-program code as a picture: it opens `page` with `scene` ([`is_scene`]). `None` in the
    /// sandbox.
    pub async fn mini_program_code(
        &self,
        kv: &Kv,
        page: &str,
        scene: &str,
        width: i32,
    ) -> Option<Result<Vec<u8>, WeChatError>> {
        match self {
            Self::Sandbox => None,
            Self::Api(_) if !is_scene(scene) => Some(Err(WeChatError::of(Call::Code, Class::Caller))),
            Self::Api(api) => Some(api.mini_program_code(kv, page, scene, width).await),
        }
    }
}

impl WeChatApi {
    async fn mini_program_code(&self, kv: &Kv, page: &str, scene: &str, width: i32) -> Result<Vec<u8>, WeChatError> {
        let body = json!({ "scene": scene, "page": page, "check_path": false, "width": width });
        self.with_token(kv, Call::Code, page, &body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_short_and_of_wechats_letters() {
        assert!(is_scene("0197a3c45d6e7f8091a2b3c4d5e6f708"));
        assert!(is_scene("a=1&b=~x"));
        for scene in ["", "a b", "%41", "镇", "a\"b", &"x".repeat(33)] {
            assert!(!is_scene(scene), "{scene}");
        }
    }
}
