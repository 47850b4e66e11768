//! The judge: what it reads, and what it makes of it.

use crate::support::{Keys, NOW, ORIGIN, Server, TestResult};
use getrandom::SysRng;
use serde_json::{Value, json};
use tillseal_protocol::{
    Algorithm, Claims, Context, FieldSet, Form, Jti, Preparation,
    browser::BrowserFacts,
    signals::{Entry, Event, Facts, Place, Signals as Collector, Tier, Tool},
};
use tillseal_server::{
    http::OPEN_PATH,
    risk::{FLAGGED, Score, Signals, automation, judge},
};
use tracing::Dispatch;

/// A person at a desk who types one card number and pays.
fn person() -> Value {
    json!({
        "v": 1, "tier": "device", "choice": "default", "gpc": 0,
        "integrity": {},
        "fields": { "cc-number": { "entry": "typed", "delay": 300, "time": 10, "corrections": 1 }, "email": { "entry": "autofilled" } },
        "keys": { "count": 10, "dwellMedian": 80, "dwellHigh": 120, "dwellSpread": 30, "flightMedian": 100, "flightHigh": 400,
                  "flightSpread": 40, "rolloverShare": 1, "groupPause": 130 },
        "pointer": { "tool": "mouse", "moves": 100, "presses": 3 },
        "session": { "timeToSubmit": 30, "scrolls": 1 },
        "automation": {},
        "device": { "browser": "firefox", "system": "linux", "viewport": 1024, "timeZone": 1, "language": "de" },
    })
}

fn parsed(claim: &Value) -> Result<Signals, String> {
    Signals::parse(&claim.to_string()).map_err(|error| format!("{error}: {claim}"))
}

fn judged(claims: &Claims) -> Score {
    judge(&Signals::of(claims))
}

fn codes(score: &Score) -> Vec<&'static str> {
    score.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn what_the_collector_writes_is_read() -> TestResult {
    for tier in [Tier::Essential, Tier::Behaviour, Tier::Device] {
        let facts = Facts {
            tier,
            has_3ds: true,
            has_gpc: true,
            is_webdriver: true,
            browser_family: "chrome",
            system: "linux",
            touch_points: 5,
            width: 1300,
            browser: BrowserFacts {
                user_agent: "Mozilla/5.0 \"x\"",
                time_zone: 210,
                ..BrowserFacts::default()
            },
            ..Facts::default()
        };
        let mut collector = Collector::default();
        collector.tier = tier;
        collector.name_field(0, "cc-number");
        for step in 0..400_u32 {
            let time = f64::from(step * 37);
            let x = f64::from(step % 83 * 7);
            let events = [
                Event::Move { x, y: x / 3.0 },
                Event::Down { x, y: 9.0, tool: Tool::Mouse, is_weightless: false },
                Event::KeyDown { is_rollover: step % 5 == 0 },
                Event::Input { field: 0, entry: Entry::Typed, place: Place::Within },
                Event::KeyUp { dwell: f64::from(step % 90) },
            ];
            collector.observe(time, events[step as usize % events.len()]);
        }
        let json = String::from_utf8(collector.to_json(&facts, 20_000.0))?;
        let signals = Signals::parse(&json).map_err(|error| format!("{error}: {json}"))?;
        assert_eq!(
            (signals.tier.as_str(), signals.gpc, signals.browser.is_some()),
            (tier.name(), true, true)
        );
        assert_eq!(signals.fields.contains_key("cc-number"), tier >= Tier::Behaviour);
        assert_eq!(signals.path().is_some(), tier >= Tier::Behaviour, "{json}");
        assert_eq!(signals.number("automation", "webdriver"), u16::from(tier == Tier::Device));
    }
    Ok(())
}

#[test]
fn what_no_page_sends_is_refused() -> TestResult {
    parsed(&person())?;
    let wrong = [
        ("/v", json!(2)),
        ("/tier", json!("all")),
        ("/choice", json!("mine")),
        ("/gpc", json!(2)),
        ("/integrity/noAction", json!(2)),
        ("/integrity/other", json!(0)),
        ("/keys/dwellMedian", json!(79)),
        ("/keys/dwellMedian", json!("80")),
        ("/keys/dwellMedian", json!(80.5)),
        ("/keys/dwellMedian", json!(-80)),
        ("/keys", json!([])),
        ("/other", json!({})),
        ("/pointer/tool", json!("pencil")),
        ("/fields/email/entry", json!("dreamt")),
        ("/fields/email", json!({})),
        ("/device/language", json!("deutsch")),
        ("/device/timeZone", json!(15)),
        ("/browser", json!({ "browserTZ": "0" })),
    ];
    for (place, value) in wrong {
        let mut claim = person();
        let (group, name) = place.rsplit_once('/').ok_or("no place")?;
        claim
            .pointer_mut(group)
            .and_then(Value::as_object_mut)
            .ok_or("no group")?
            .insert(name.into(), value);
        assert!(parsed(&claim).is_err(), "{place}");
    }
    Ok(())
}

#[test]
fn a_person_is_not_flagged_and_each_trait_of_a_program_says_so() -> TestResult {
    let score = automation(&parsed(&person())?);
    assert!(score.probability < 0.1, "{score:?}");
    assert!(score.reasons.iter().all(|reason| reason.weight < 0.0), "{score:?}");

    let traits = [
        ("no-action", json!({ "integrity": { "noAction": 1 } })),
        ("webdriver", json!({ "automation": { "webdriver": 1 } })),
        ("headless", json!({ "automation": { "headless": 1 } })),
        ("hints-mismatch", json!({ "automation": { "hintsMismatch": 1 } })),
        ("hover-mismatch", json!({ "automation": { "hoverMismatch": 1 } })),
        ("weightless-press", json!({ "integrity": { "weightlessPress": 1 } })),
        ("keyless-input", json!({ "integrity": { "keylessInput": 3 } })),
        ("keys-without-dwell", json!({ "keys": { "dwellMedian": 0, "dwellHigh": 0 } })),
        ("keys-without-flight", json!({ "keys": { "flightMedian": 0 } })),
        ("even-flight", json!({ "keys": { "flightSpread": 5 } })),
        ("even-dwell", json!({ "keys": { "dwellSpread": 5 } })),
    ];
    for (code, changes) in traits {
        let mut claim = person();
        for (group, values) in changes.as_object().into_iter().flatten() {
            let target = claim[group].as_object_mut().ok_or("no group")?;
            target.extend(
                values.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        let changed = automation(&parsed(&claim)?);
        assert!(changed.probability > score.probability, "{code}: {changed:?}");
        assert_eq!(changed.reasons[0].code, code, "{changed:?}");
        assert_eq!(changed.reasons.len(), 3);
    }
    Ok(())
}

#[test]
fn the_weightiest_three_reasons_come_in_order() -> TestResult {
    let mut claim = person();
    claim["integrity"] = json!({ "noAction": 1, "scriptedInput": 5 });
    claim["automation"] = json!({ "webdriver": 1, "headless": 1, "hoverMismatch": 1 });
    let score = automation(&parsed(&claim)?);
    assert!(score.is_flagged() && score.probability > FLAGGED);
    assert_eq!(codes(&score), ["no-action", "webdriver", "headless"]);
    Ok(())
}

#[test]
fn missing_and_forged_signals_are_told_apart() -> TestResult {
    let claims = |signals: &str| {
        let json = format!(
            r#"{{"v":1,"jti":"AAAAAAAAAAAAAAAAAAAAAA","iat":1,"origin":"o","fields":{{}}{signals}}}"#
        );
        Claims::from_plaintext(json.as_bytes())
    };
    let absent = judged(&claims("")?);
    assert_eq!((codes(&absent), absent.is_flagged()), (vec!["signals-absent"], false));
    for forged in [r#","signals":{}"#, r#","signals":[1]"#, r#","signals":"none""#] {
        let score = judged(&claims(forged)?);
        assert_eq!((codes(&score), score.is_flagged()), (vec!["signals-malformed"], true), "{forged}");
    }
    let later = judged(&claims(r#","signals":{"v":2,"more":{}}"#)?);
    assert_eq!((codes(&later), later.is_flagged()), (vec!["signals-version"], false));
    let whole = claims(&format!(r#","signals":{}"#, person()))?;
    assert!(!judged(&whole).is_flagged());
    assert_eq!(whole.to_json().as_slice(), Claims::from_plaintext(&whole.to_json())?.to_json().as_slice());
    Ok(())
}

#[test]
fn an_answer_has_the_judgement_and_the_completed_browser_data() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[], Dispatch::none())?;
    let sealed = |claim: &Value| -> TestResult<String> {
        let signals = claim.to_string().into_bytes();
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let context =
            Context { jti: Jti::from_random(id), iat: NOW, origin: ORIGIN, session: "", signals: &signals };
        let sealer = Preparation::new(&keys.recipient()?, &mut SysRng)?.finish();
        Ok(Form::new().seal(vec![(sealer, &FieldSet::all())], &context)?.swap_remove(0))
    };
    let ask = |claim: &Value, shopper: Option<Value>| -> TestResult<Value> {
        let mut request = json!({ "sealed": sealed(claim)?, "origin": ORIGIN });
        if let Some(shopper) = shopper {
            request["shopper"] = shopper;
        }
        let headers = [("Content-Type", "application/json")];
        let answer = server.send("POST", OPEN_PATH, &headers, request.to_string().as_bytes())?;
        Ok(json!({ "status": answer.status, "body": answer.json()? }))
    };
    let shopper = json!({ "accept": "text/html", "ip": "203.0.113.7" });

    let answer = ask(&person(), Some(shopper.clone()))?;
    assert_eq!(answer["status"], 200);
    assert_eq!(answer["body"]["signals"], person());
    let probability =
        answer["body"]["verdict"]["automation"]["probability"].as_f64().ok_or("no probability")?;
    assert!((0.0..0.1).contains(&probability), "{answer}");
    assert_eq!(answer["body"]["verdict"]["automation"]["reasons"].as_array().map(Vec::len), Some(3));
    assert_eq!(answer["body"].get("browser"), None, "the page was not asked");

    let mut asked = person();
    let mut browser = Vec::new();
    BrowserFacts { user_agent: "Mozilla/5.0", time_zone: -60, ..BrowserFacts::default() }
        .push_json(&mut browser);
    asked["browser"] = serde_json::from_slice(&browser)?;
    assert_eq!(ask(&asked, None)?["body"].get("browser"), None, "the shop did not tell");
    let completed = ask(&asked, Some(shopper))?["body"]["browser"].clone();
    assert_eq!(completed["browserIP"], "203.0.113.7");
    assert_eq!(completed["browserAcceptHeader"], "text/html");
    assert_eq!(completed["browserTZ"], "-60");

    for wrong in
        [json!({}), json!({ "accept": "a" }), json!({ "accept": "a", "ip": "300.1.1.1" }), json!([])]
    {
        assert_eq!(ask(&asked, Some(wrong.clone()))?["status"], 400, "{wrong}");
    }
    Ok(())
}
