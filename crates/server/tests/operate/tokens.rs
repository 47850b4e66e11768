//! Who may call what, and how often.

use crate::support::{Answer, Plan, Site, TestResult, quick, refused, request};
use tillseal_server::{
    config::Limits,
    metrics::METRICS_PATH,
    tokens::{PREFIX, Scope, Token, TokenError},
};

fn made(name: &str, scopes: &[Scope]) -> TestResult<(String, Token)> {
    let (text, token) = Token::generate(name, scopes.to_vec())?.ok_or("no randomness")?;
    Ok((text.to_string(), token))
}

fn get(site: &Site, path: &str, token: &str) -> TestResult<Answer> {
    request(site.address, "GET", path, &[("Authorization", &format!("Bearer {token}"))], b"")
}

#[test]
fn each_scope_opens_its_own_routes_alone() -> TestResult {
    let routes = [(Scope::Open, "/sleep/0"), (Scope::Sessions, "/sessions"), (Scope::Admin, METRICS_PATH)];
    let (mut texts, mut plan) = (Vec::new(), Plan::new(quick()));
    for scope in Scope::ALL {
        let (text, token) = made(scope.name(), &[scope])?;
        texts.push((scope, text));
        plan.tokens.push(token);
    }
    let (every, token) = made("every", &Scope::ALL)?;
    plan.tokens.push(token);
    let site = plan.start()?;
    for (scope, path) in routes {
        for (held, text) in &texts {
            let answer = get(&site, path, text)?;
            if *held == scope {
                assert_eq!(answer.status, 200, "{held} at {path}");
            } else {
                assert_eq!(answer.problem()?, refused(403, "forbidden"), "{held} at {path}");
                let challenge = answer.header("www-authenticate").ok_or("no challenge")?;
                assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
            }
        }
        assert_eq!(get(&site, path, &every)?.status, 200);
        let answer = site.get(path)?;
        assert_eq!(answer.problem()?, refused(401, "unauthorized"), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"tillseal\""));
    }
    for open_to_all in ["/hello", "/healthz", "/readyz"] {
        assert_eq!(site.get(open_to_all)?.status, 200, "{open_to_all}");
    }
    let log = site.log.text();
    assert!(log.contains("\"token\":\"sessions\""), "the log names the token: {log}");
    assert!(!texts.iter().any(|(_, text)| log.contains(text.as_str())), "and shows none");
    Ok(())
}

#[test]
fn what_is_not_exactly_a_token_is_none() -> TestResult {
    let mut plan = Plan::new(quick());
    let (text, token) = made("shop", &Scope::ALL)?;
    let hash = token.sha256();
    plan.tokens.push(token);
    let site = plan.start()?;
    let status = |headers: &[(&str, &str)]| -> TestResult<u16> {
        Ok(request(site.address, "GET", "/sessions", headers, b"")?.status)
    };
    for taken in [format!("Bearer {text}"), format!("bearer {text}"), format!("BEARER   {text}")] {
        assert_eq!(status(&[("Authorization", &taken)])?, 200, "{taken}");
    }
    let mut flipped = text.clone().into_bytes();
    flipped[20] ^= 1;
    let wrong = [
        String::new(),
        String::from("Bearer"),
        String::from("Bearer "),
        format!("Bearer {hash}"),
        format!("Bearer {}", &text[..text.len() - 1]),
        format!("Bearer {text}a"),
        format!("Bearer {}", &text[PREFIX.len()..]),
        format!("Bearer {}", text.to_uppercase()),
        format!("Bearer {}", String::from_utf8(flipped)?),
        format!("Basic {text}"),
        format!("Bearer{text}"),
        text.clone(),
    ];
    for wrong in &wrong {
        assert_eq!(status(&[("Authorization", wrong)])?, 401, "{wrong}");
    }
    let right = format!("Bearer {text}");
    assert_eq!(status(&[("Authorization", &right), ("Authorization", &right)])?, 401, "two headers");
    assert_eq!(status(&[("X-Token", &text)])?, 401);
    assert_eq!(site.get(&format!("/sessions?access_token={text}"))?.status, 401, "not from the address");
    Ok(())
}

#[test]
fn nothing_of_a_body_is_read_without_a_token() -> TestResult {
    let mut plan = Plan::new(quick());
    plan.tokens.push(made("shop", &[Scope::Open])?.1);
    let site = plan.start()?;
    let answer =
        site.raw(b"POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n")?;
    assert_eq!(Answer::parse(&answer)?.problem()?, refused(401, "unauthorized"));
    Ok(())
}

#[test]
fn each_token_has_a_rate_of_its_own() -> TestResult {
    let mut plan = Plan::new(Limits { requests_per_second: 1, burst: 3, ..quick() });
    let (hasty, token) = made("hasty", &[Scope::Sessions])?;
    plan.tokens.push(token);
    let (calm, token) = made("calm", &[Scope::Sessions])?;
    plan.tokens.push(token);
    let site = plan.start()?;
    for _ in 0..3 {
        assert_eq!(get(&site, "/sessions", &hasty)?.status, 200);
    }
    let refusal = get(&site, "/sessions", &hasty)?;
    assert_eq!(refusal.problem()?, refused(429, "rate-limited"));
    let seconds: u64 = refusal.header("retry-after").ok_or("no Retry-After")?.parse()?;
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert_eq!(get(&site, "/sessions", &calm)?.status, 200, "another token's rate");
    assert_eq!(site.get("/hello")?.status, 200);
    std::thread::sleep(std::time::Duration::from_secs(seconds));
    assert_eq!(get(&site, "/sessions", &hasty)?.status, 200, "it may come back then");
    Ok(())
}

#[test]
fn without_tokens_everybody_may_do_everything_at_one_rate() -> TestResult {
    let site = Plan::new(Limits { requests_per_second: 1, burst: 2, ..quick() }).start()?;
    assert_eq!(site.get("/sessions")?.status, 200);
    assert_eq!(site.get(METRICS_PATH)?.status, 200);
    assert_eq!(site.get("/sleep/0")?.problem()?, refused(429, "rate-limited"));
    Ok(())
}

#[test]
fn a_token_is_256_random_bits() -> TestResult {
    let (first, token) = made("shop", &[Scope::Open])?;
    let (second, _) = made("shop", &[Scope::Open])?;
    assert_ne!(first, second);
    assert!(first.starts_with(PREFIX) && first.len() == PREFIX.len() + 43, "{}", first.len());
    assert!(token.sha256().len() == 64 && !token.to_toml().contains(&first));
    let hash = "0".repeat(64);
    for name in ["", "a b", "a\"b", "a\nb", "ä", &"a".repeat(65)] {
        assert_eq!(Token::new(name, vec![], &hash).err(), Some(TokenError::Name), "{name:?}");
    }
    for hash in ["", &hash[1..], &"g".repeat(64), &"ä".repeat(32), &format!("+{}", &hash[1..]), &first] {
        assert_eq!(Token::new("shop", vec![], hash).err(), Some(TokenError::Sha256), "{hash:?}");
    }
    Ok(())
}
