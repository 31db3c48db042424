//! What WeChat's subscribe events say (小程序订阅消息 → 订阅消息事件推送).
//!
//! Their list is one object where there is one, an array where there are more; numbers come as texts
//! or numbers; in XML the list stands inside an element of the event's name.

use chrono::{DateTime, Utc};
use entity::{CreditKind, credit_entries};
use serde_json::Value;

/// WeChat: the user takes no message of this template (any more).
pub const NO_CREDIT: i32 = 43101;
/// More templates in one event than anyone can be asked about at once.
const MOST_ENTRIES: usize = 50;
/// WeChat's ids have 43 characters.
const MOST_ID: usize = 64;

/// What an event says of one template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreditEvent {
    /// WeChat's id of the template.
    pub template_id: String,
    /// What happened.
    pub kind: CreditKind,
    /// The message that was (not) sent.
    pub message_id: Option<String>,
    /// WeChat's code of a failure.
    pub error_code: Option<i32>,
    /// When it happened, by WeChat; its events overtake each other.
    pub happened_at: Option<DateTime<Utc>>,
}

/// What is left of a template, and since when the family blocks it, after these entries of the ledger:
/// in the order in which they happened, whatever the order in which WeChat told of them. Within a second
/// consent comes first, for nothing is sent before it. More can be sent than we know of, so what is left
/// is never less than nothing.
#[must_use]
pub fn left(mut entries: Vec<credit_entries::Model>) -> (i32, Option<DateTime<Utc>>) {
    entries.sort_by_key(|entry| {
        (entry.happened_at.unwrap_or(entry.at).timestamp(), entry.kind != CreditKind::Granted, entry.at, entry.id)
    });
    let (mut balance, mut blocked_at) = (0_i32, None);
    for entry in entries {
        match entry.kind {
            // Whoever consents in the dialogue doesn't block the template.
            CreditKind::Granted => (balance, blocked_at) = (balance.saturating_add(1), None),
            CreditKind::Spent => balance = (balance - 1).max(0),
            CreditKind::Blocked => (balance, blocked_at) = (0, Some(entry.happened_at.unwrap_or(entry.at))),
            CreditKind::Failed if entry.error_code == Some(NO_CREDIT) => balance = 0,
            CreditKind::Failed | CreditKind::Refused => {}
        }
    }
    (balance, blocked_at)
}

/// The openid and what an event says of each template, in the order of the templates; nothing if it
/// is no subscribe event.
#[must_use]
pub fn read(message: &Value) -> Option<(String, Vec<CreditEvent>)> {
    if word(&message["MsgType"])? != "event" {
        return None;
    }
    let (inside, what): (&str, fn(&Value) -> Option<CreditEvent>) = match word(&message["Event"])?.as_str() {
        "subscribe_msg_popup_event" => ("SubscribeMsgPopupEvent", popup),
        "subscribe_msg_change_event" => ("SubscribeMsgChangeEvent", change),
        "subscribe_msg_sent_event" => ("SubscribeMsgSentEvent", sent),
        _ => return None,
    };
    // WeChat's own XML example of a change uses the popup's element.
    let places = [&message[inside], message, &message["SubscribeMsgPopupEvent"]];
    let list = places.iter().map(|place| &place["List"]).find(|list| !list.is_null()).unwrap_or(&message[inside]);
    let one = std::slice::from_ref(list);
    let entries = list.as_array().map_or(one, Vec::as_slice);
    let happened_at = word(&message["CreateTime"])
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let events = entries.iter().take(MOST_ENTRIES).filter_map(what);
    let mut events: Vec<_> = events.map(|event| CreditEvent { happened_at, ..event }).collect();
    // Whoever enters two of them takes their rows in one order.
    events.sort();
    Some((word(&message["FromUserName"])?, events))
}

fn popup(entry: &Value) -> Option<CreditEvent> {
    let answer = word(&entry["SubscribeStatusString"])?;
    // `acceptWithAudio` and the like are consents too.
    let kind = match answer.as_str() {
        answer if answer.starts_with("accept") => CreditKind::Granted,
        "reject" => CreditKind::Refused,
        _ => return None,
    };
    event(entry, kind, None, None)
}

fn change(entry: &Value) -> Option<CreditEvent> {
    match word(&entry["SubscribeStatusString"])?.as_str() {
        "reject" => event(entry, CreditKind::Blocked, None, None),
        _ => None,
    }
}

fn sent(entry: &Value) -> Option<CreditEvent> {
    let code: i32 = word(&entry["ErrorCode"])?.parse().ok()?;
    let message = word(&entry["MsgID"]).filter(|id| is_id(id))?;
    let kind = if code == 0 { CreditKind::Spent } else { CreditKind::Failed };
    event(entry, kind, Some(message), (code != 0).then_some(code))
}

fn event(entry: &Value, kind: CreditKind, message_id: Option<String>, error_code: Option<i32>) -> Option<CreditEvent> {
    let template_id = word(&entry["TemplateId"]).filter(|id| is_id(id))?;
    Some(CreditEvent { template_id, kind, message_id, error_code, happened_at: None })
}

fn is_id(id: &str) -> bool {
    (1..=MOST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::platform::wechat_push::parse;

    fn of(event: &str, list: &Value) -> Vec<(String, CreditKind)> {
        let message = json!({ "ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1610968440",
            "MsgType": "event", "Event": event, "List": list });
        let (openid, events) = read(&message).unwrap();
        assert_eq!(openid, "o1");
        events.into_iter().map(|e| (e.template_id, e.kind)).collect()
    }

    #[test]
    fn a_list_is_an_object_or_an_array() {
        let entry =
            |id: &str, status: &str| json!({ "TemplateId": id, "SubscribeStatusString": status, "PopupScene": 0 });
        let granted = ("a".to_owned(), CreditKind::Granted);
        assert_eq!(of("subscribe_msg_popup_event", &entry("a", "accept")), std::slice::from_ref(&granted));
        let several =
            json!([entry("b", "reject"), entry("a", "acceptWithAudio"), entry("c", "ban"), entry("", "accept")]);
        assert_eq!(of("subscribe_msg_popup_event", &several), [granted, ("b".to_owned(), CreditKind::Refused)]);
        let change = json!({ "TemplateId": "a", "SubscribeStatusString": "reject" });
        assert_eq!(of("subscribe_msg_change_event", &change), [("a".to_owned(), CreditKind::Blocked)]);
    }

    #[test]
    fn a_sent_message_is_spent_or_failed_with_its_code_as_text_or_number() {
        let sent = |code: Value| {
            let message = json!({ "FromUserName": "o1", "MsgType": "event", "Event": "subscribe_msg_sent_event",
                "List": { "TemplateId": "a", "MsgID": 18_643_237, "ErrorCode": code, "ErrorStatus": "s" } });
            read(&message).unwrap().1.remove(0)
        };
        assert_eq!((sent(json!("0")).kind, sent(json!(0)).error_code), (CreditKind::Spent, None));
        let failed = sent(json!("43101"));
        assert_eq!((failed.kind, failed.error_code), (CreditKind::Failed, Some(NO_CREDIT)));
        assert_eq!(failed.message_id.as_deref(), Some("18643237"));
    }

    #[test]
    fn the_xml_of_the_documents_says_the_same() {
        let xml = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>
            <CreateTime>1610969440</CreateTime><MsgType><![CDATA[event]]></MsgType>
            <Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent>
            <List><TemplateId><![CDATA[b]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>2</PopupScene></List>
            <List><TemplateId><![CDATA[a]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>2</PopupScene></List>
            </SubscribeMsgPopupEvent></xml>";
        let (openid, events) = read(&parse(xml.as_bytes()).unwrap()).unwrap();
        let kinds: Vec<_> = events.iter().map(|e| (e.template_id.as_str(), e.kind)).collect();
        assert_eq!((openid.as_str(), kinds), ("o1", vec![("a", CreditKind::Refused), ("b", CreditKind::Granted)]));
        let change = xml.replace("subscribe_msg_popup_event", "subscribe_msg_change_event");
        let (_, events) = read(&parse(change.as_bytes()).unwrap()).unwrap();
        assert_eq!(events[0].kind, CreditKind::Blocked);
    }

    #[test]
    fn what_is_left_depends_on_when_things_happened_and_not_on_when_they_were_told() {
        use CreditKind::{Blocked, Failed, Granted, Refused, Spent};
        let entry = |(n, (kind, second)): (i64, (CreditKind, i64))| credit_entries::Model {
            id: entity::CreditEntryId(uuid::Uuid::from_u128(n.unsigned_abs().into())),
            family_id: entity::FamilyId(uuid::Uuid::nil()),
            template_id: "t".to_owned(),
            kind,
            message_id: None,
            error_code: (kind == Failed).then_some(NO_CREDIT),
            // Told in this order.
            at: DateTime::from_timestamp(2_000_000_000 + n, 0).unwrap(),
            happened_at: DateTime::from_timestamp(1_800_000_000 + second, 0),
        };
        let left = |told: &[(CreditKind, i64)]| left((0..).zip(told.iter().copied()).map(entry).collect()).0;
        assert_eq!(left(&[(Granted, 1), (Granted, 2), (Refused, 3), (Spent, 4)]), 1);
        assert_eq!(left(&[(Spent, 2), (Granted, 1)]), 0, "sent, told before its consent");
        assert_eq!(left(&[(Spent, 1), (Granted, 1)]), 0, "within a second");
        assert_eq!(left(&[(Spent, 1), (Granted, 2)]), 1, "a consent that WeChat told nobody of was spent");
        assert_eq!(left(&[(Granted, 3), (Failed, 2), (Granted, 1)]), 1);
        assert_eq!(left(&[(Failed, 2), (Granted, 1)]), 0);
        assert_eq!(left(&[(Blocked, 2), (Granted, 1), (Granted, 3)]), 1);
        let (balance, blocked_at) = super::left(vec![entry((0, (Blocked, 2))), entry((1, (Granted, 1)))]);
        assert!(balance == 0 && blocked_at.is_some());
    }

    #[test]
    fn other_messages_are_none_of_these() {
        for message in [
            json!({ "MsgType": "text", "Content": "x" }),
            json!({ "MsgType": "event", "Event": "debug_demo" }),
            json!({ "MsgType": "event" }),
            json!({}),
        ] {
            assert_eq!(read(&message), None, "{message}");
        }
    }
}
