//! Entries: their lines are frozen, and nothing that a shopper typed gets in.

use crate::support::{SEED, TestResult};
use tillseal_protocol::Jti;
use tillseal_server::audit::{Decision, Entry, Kid, Origin, Tokens, Verdict};

const KID: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

fn jti(text: &str) -> TestResult<Jti> {
    Ok(Jti::parse(text.to_owned()).ok_or("jti")?)
}

#[test]
fn a_verdict_has_this_line() -> TestResult {
    let (payload, session) = (jti("AAECAwQFBgcICQoLDA0ODw")?, jti("_____________________w")?);
    let verdict = Verdict {
        at: 1_795_459_200,
        payload: &payload,
        kid: Kid::parse(KID),
        origin: Origin::parse("https://shop.example"),
        session: Some(&session),
        order: Some(Tokens::new(&SEED).token("order-1001")),
        decision: Decision::Accept,
        score: 0.040_4,
        reasons: &["keys-none", "path-short"],
    };
    let line = concat!(
        r#"{"v":1,"at":1795459200,"type":"verdict","payload":"AAECAwQFBgcICQoLDA0ODw","#,
        r#""kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","origin":"https://shop.example","#,
        r#""session":"_____________________w","order":"NpCAR5PsAAQ0xKJNwj5pmw","#,
        r#""decision":"accept","score":0.04,"reasons":["keys-none","path-short"]}"#,
    );
    assert_eq!(std::str::from_utf8(Entry::verdict(&verdict).as_bytes())?, line);

    let bare = Verdict {
        kid: None,
        origin: None,
        session: None,
        order: None,
        decision: Decision::Review,
        score: 1.0,
        reasons: &[],
        ..verdict
    };
    let line = concat!(
        r#"{"v":1,"at":1795459200,"type":"verdict","payload":"AAECAwQFBgcICQoLDA0ODw","#,
        r#""decision":"review","score":1.0,"reasons":[]}"#,
    );
    assert_eq!(std::str::from_utf8(&Entry::verdict(&bare).into_bytes())?, line);
    Ok(())
}

#[test]
fn a_change_of_a_key_has_this_line() -> TestResult {
    let entry = Entry::key(1_795_459_200, &Kid::parse(KID).ok_or("kid")?, "ECDH-ES", "active");
    let line =
        format!(r#"{{"v":1,"at":1795459200,"type":"key","kid":"{KID}","alg":"ECDH-ES","state":"active"}}"#);
    assert_eq!(std::str::from_utf8(entry.as_bytes())?, line);
    Ok(())
}

#[test]
fn a_token_tells_nothing_without_the_key() {
    // RFC 5869 and RFC 2104, made with Python's hmac.
    assert_eq!(Tokens::new(&SEED).token("order-1001").as_str(), "NpCAR5PsAAQ0xKJNwj5pmw");
    let (ours, theirs) = (Tokens::new(&SEED), Tokens::new(&[8; 32]));
    assert_eq!(ours.token("order-1001"), ours.token("order-1001"));
    assert_ne!(ours.token("order-1001"), ours.token("order-1002"));
    assert_ne!(ours.token("order-1001"), theirs.token("order-1001"));
}

#[test]
fn what_a_shopper_types_is_no_kid_and_no_origin() {
    for text in
        ["", "4111111111111111", "ada@mail.example", &KID[1..], &format!("{KID}A"), &KID.replace('-', "+")]
    {
        assert_eq!(Kid::parse(text), None, "{text}");
    }
    for text in [
        "",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://Shop.example",
        "https://ada@mail.example",
        "https://4111111111111111",
        "https://4111-1111-1111-1111",
        "https://a.4111-1111-1111-1111.example",
        "https://shop.example/4111111111111111",
        "https://shop.example?4111",
        "javascript:alert(1)",
        &format!("https://{}.example", "a".repeat(255)),
    ] {
        assert_eq!(Origin::parse(text), None, "{text}");
    }
    for text in
        ["https://shop.example", "http://localhost:8080", "http://127.0.0.1:8787", "http://[::1]:80"]
    {
        assert!(Origin::parse(text).is_some(), "{text}");
    }
}
