//! Calls to addresses that people typed: to public ones only, however they are spelled.
//!
//! A name is resolved once and the connection goes to what was checked: a name that leads elsewhere a
//! moment later (DNS rebinding) gains nothing. An address in the URL itself isn't resolved by anybody,
//! so it is checked before. No redirect is followed, no proxy used, no answer read beyond its status.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longer addresses are no addresses.
const MOST_URL: usize = 500;

/// Sends to what people typed.
#[derive(Clone)]
pub struct Outgoing {
    client: Client,
    inside: bool,
}

/// Why a URL can't be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// No URL, or one with a user name in it.
    Malformed,
    /// Not https.
    NotSecure,
    /// It leads inside.
    Inside,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Answered with this status.
    Answered(u16),
    /// Not answered; a stable word.
    Failed(&'static str),
}

/// The addresses of a name that don't lead inside.
struct PublicOnly;

#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
struct LeadsInside;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(LeadsInside.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

impl Outgoing {
    /// `inside`: addresses of this machine and of private networks too, and without https; in the
    /// demonstration only.
    pub fn new(inside: bool) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // What is sent seldom keeps no connection.
            .pool_max_idle_per_host(0)
            .user_agent("quanxiangtuo");
        if !inside {
            client = client.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { client: client.build()?, inside })
    }

    /// Whether a URL may be called.
    pub fn check(&self, text: &str) -> Result<Url, NotAllowed> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= MOST_URL).ok_or(NotAllowed::Malformed)?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(NotAllowed::Malformed);
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(NotAllowed::Malformed);
        }
        match (url.scheme(), self.inside) {
            ("https", _) | ("http", true) => {}
            _ => return Err(NotAllowed::NotSecure),
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let inside = match literal {
            Ok(ip) => !is_public(ip),
            Err(_) => host == "localhost" || host.ends_with(".localhost") || !host.contains('.'),
        };
        if inside && !self.inside { Err(NotAllowed::Inside) } else { Ok(url) }
    }

    /// POSTs JSON; the answer's body is thrown away.
    pub async fn post(&self, url: &str, headers: [(&'static str, String); 3], body: String) -> Sent {
        let Ok(url) = self.check(url) else { return Sent::Failed("address_not_allowed") };
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) => Sent::Answered(response.status().as_u16()),
            Err(error) if error.is_timeout() => Sent::Failed("timeout"),
            Err(error) if leads_inside(&error) => Sent::Failed("address_not_allowed"),
            Err(error) if error.is_connect() => Sent::Failed("no_connection"),
            Err(_) => Sent::Failed("no_answer"),
        }
    }
}

fn leads_inside(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LeadsInside>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an address is one of the public internet (IANA's special-purpose registries).
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => public_v4(v4),
        IpAddr::V6(v6) => public_v6(v6),
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !special
}

fn public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return public_v4(v4);
    }
    // Only global unicast is public, and not what stands for an IPv4 address or for examples.
    let [a, b, ..] = ip.segments();
    (0x2000..0x4000).contains(&a)
        && a != 0x2002
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(inside: bool) -> Outgoing {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Outgoing::new(inside).unwrap()
    }

    #[test]
    fn only_public_addresses_are_public() {
        for ip in ["8.8.8.8", "220.181.38.148", "2400:3200::1", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "240.0.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn a_url_that_leads_inside_is_refused_however_it_is_spelled() {
        let outgoing = outgoing(false);
        assert!(outgoing.check("https://platform.example.gov.cn/hooks?x=1").is_ok());
        for (url, why) in [
            ("https://127.0.0.1/", NotAllowed::Inside),
            ("https://2130706433/", NotAllowed::Inside),
            ("https://0x7f.1/", NotAllowed::Inside),
            ("https://[::1]/", NotAllowed::Inside),
            ("https://[::ffff:10.0.0.1]/", NotAllowed::Inside),
            ("https://169.254.169.254/latest/meta-data", NotAllowed::Inside),
            ("https://localhost/", NotAllowed::Inside),
            ("https://redis/", NotAllowed::Inside),
            ("http://platform.example.gov.cn/", NotAllowed::NotSecure),
            ("file:///etc/passwd", NotAllowed::Malformed),
            ("https://user:pass@platform.example.gov.cn/", NotAllowed::Malformed),
            ("hooks", NotAllowed::Malformed),
        ] {
            assert_eq!(outgoing.check(url), Err(why), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let headers = || ["a", "b", "c"].map(|name| (name, String::new()));
        let outgoing = outgoing(false);
        // Past the check of the URL, by the name alone.
        let error = outgoing.client.get("https://localhost/").send().await.unwrap_err();
        assert!(leads_inside(&error), "{error:?}");
        let sent = outgoing.post("https://127.0.0.1:9/", headers(), String::new()).await;
        assert_eq!(sent, Sent::Failed("address_not_allowed"));
    }
}
