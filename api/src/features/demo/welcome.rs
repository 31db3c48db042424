//! What the terminal shows when the demonstration serves.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chrono::{Months, NaiveDate};

use super::{HOME, PASSWORD};
use crate::features::centres::coords::Coord;

/// Where to look, the accounts, and three lines to paste.
#[must_use]
pub fn welcome(address: SocketAddr, today: NaiveDate) -> String {
    let host = match address.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    let base = format!("http://{}", SocketAddr::new(host, address.port()));
    let home = Coord::Gcj02.from_wgs84(HOME);
    let from = today.checked_sub_months(Months::new(5)).unwrap_or(today).format("%Y-%m");
    let to = today.format("%Y-%m");
    let json = "-H 'Content-Type: application/json'";
    format!(
        r#"
泉享托演示已启动 / Quanxiangtuo is serving its demonstration
  {base}/map           the circle and the centres in it, for people
  {base}/docs          API documentation
  {base}/openapi.yaml  OpenAPI 3.1
  {base}/readyz        readiness; /healthz, /metrics

  guardians  POST /api/v1/auth/wechat  code dev:<name>
  staff      POST /api/v1/auth/staff   carer, manager, carer2, officer, officer2, admin; password {PASSWORD}

Paste a line:
curl -s '{base}/api/v1/centres?lng={lng:.6}&lat={lat:.6}&coord=gcj02&minutes=15&age_months=18'
curl -s {base}/api/v1/auth/wechat {json} -d '{{"code":"dev:mum"}}'
curl -s '{base}/api/v1/bureau/satisfaction?from={from}&to={to}&by=centre' -H "Authorization: Bearer $(curl -s {base}/api/v1/auth/staff {json} -d '{{"username":"officer","password":"{PASSWORD}"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')"

"#,
        lng = home.lng,
        lat = home.lat,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_name_the_port_and_the_home_point_in_gcj02() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let text = welcome("0.0.0.0:8105".parse().unwrap(), today);
        assert!(text.contains("http://127.0.0.1:8105/api/v1/centres?lng=118.796613&lat=24.891151"), "{text}");
        assert!(text.contains("from=2025-10&to=2026-03"), "{text}");
    }
}
