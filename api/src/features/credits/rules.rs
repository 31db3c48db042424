//! What WeChat's subscribe events say (小程序订阅消息 → 订阅消息事件推送).
//!
//! Their list is one object where there is one, an array where there are more; numbers come as texts
//! or numbers; in XML the list stands inside an element of the event's name.

use entity::CreditKind;
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
    let mut events: Vec<_> = entries.iter().take(MOST_ENTRIES).filter_map(what).collect();
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
    Some(CreditEvent { template_id, kind, message_id, error_code })
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
