//! A load of payments over HTTP, each a full decision: `load SECONDS RATE CONNECTIONS ADDRESS…`.
//!
//! Fetches the key set of the first server, seals as many distinct payloads as it will send, with signals that are judged, and offers
//! them to all servers in turn. With a RATE, in requests a second, each has its moment, and its latency counts from there: a
//! server that falls behind is not asked less often. With the rate 0, each connection asks again as soon as it is answered.
//! Prints one JSON line; latencies are in milliseconds.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tillseal_protocol::{Context, FieldName, FieldSet, Form, Jti, Jwks, Preparation, Recipient};
use tillseal_server::unix_now;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const ORIGIN: &str = "https://shop.example";

/// What a page of the tests sent, shortened: a person with a mouse.
const SIGNALS: &str = r#"{"v":1,"tier":"device","choice":"default","gpc":0,"integrity":{},"fields":{"cc-number":{"entry":"typed","delay":300,"time":10,"corrections":1},"email":{"entry":"autofilled"}},"keys":{"count":10,"dwellMedian":80,"dwellHigh":120,"dwellSpread":30,"flightMedian":100,"flightHigh":400,"flightSpread":40,"rolloverShare":1,"groupPause":130},"pointer":{"tool":"mouse","moves":100,"presses":3},"session":{"timeToSubmit":30,"scrolls":1},"automation":{},"device":{"browser":"firefox","system":"linux","viewport":1024,"timeZone":1,"language":"de"}}"#;

/// What one connection saw.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, usize>,
    milliseconds: Vec<f64>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [seconds, rate, connections, addresses @ ..] = arguments.as_slice() else {
        return Err("usage: load SECONDS RATE CONNECTIONS ADDRESS…".into());
    };
    let (seconds, rate, connections): (usize, usize, usize) =
        (seconds.parse()?, rate.parse()?, connections.parse()?);
    let first = addresses.first().ok_or("no address")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let recipient = runtime.block_on(recipient(first))?;
    // Without a rate there are as many as could be answered in the time.
    let count = seconds * if rate == 0 { 6_000 } else { rate };
    let requests = Arc::new(seal(&recipient, count)?);

    let (next, start) = (Arc::new(AtomicUsize::new(0)), Instant::now() + Duration::from_millis(200));
    let end = start + Duration::from_secs(u64::try_from(seconds)?);
    let seen = runtime.block_on(async {
        let mut offers = Vec::new();
        for connection in 0..connections {
            let address = addresses[connection % addresses.len()].clone();
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            offers.push(tokio::spawn(
                async move { offer(&address, &requests, &next, rate, start, end).await },
            ));
        }
        let mut all = Seen::default();
        for offer in offers {
            let seen = offer.await??;
            all.milliseconds.extend(seen.milliseconds);
            for (status, count) in seen.statuses {
                *all.statuses.entry(status).or_default() += count;
            }
        }
        Result::Ok(all)
    })?;
    report(seen, start.elapsed());
    Ok(())
}

/// Asks on one connection until the time is over.
async fn offer(
    address: &str,
    requests: &[Vec<u8>],
    next: &AtomicUsize,
    rate: usize,
    start: Instant,
    end: Instant,
) -> Result<Seen> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut seen, mut buffer) = (Seen::default(), vec![0; 64 * 1024]);
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(index) else { break };
        let mut due = Instant::now().max(start);
        if rate > 0 {
            due = start + Duration::from_secs(1) * u32::try_from(index)? / u32::try_from(rate)?;
        }
        if due > end || (rate == 0 && Instant::now() > end) {
            break;
        }
        if Instant::now() < due {
            time::sleep_until(due.into()).await;
            // The timer's own lateness, up to a millisecond, is not the server's.
            due = Instant::now();
        }
        stream.write_all(request).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        seen.milliseconds.push(due.elapsed().as_secs_f64() * 1000.0);
        *seen.statuses.entry(status).or_default() += 1;
    }
    Ok(seen)
}

/// Reads one answer to its end and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<u16> {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        length += read;
        let Some(end) = buffer[..length].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
        let body = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if length >= end + 4 + body.ok_or("no length")?.parse::<usize>()? {
            return Ok(head.split(' ').nth(1).ok_or("no status")?.parse()?);
        }
    }
}

async fn recipient(address: &str) -> Result<Recipient> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /.well-known/tillseal.jwks HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split("\r\n\r\n").nth(1).ok_or("no key set")?;
    let jwks: Jwks = serde_json::from_str(body)?;
    Ok(Recipient::choose(&jwks.keys, None)?)
}

/// Whole requests, on two threads.
fn seal(recipient: &Recipient, count: usize) -> Result<Vec<Vec<u8>>> {
    let half = || (0..count.div_ceil(2)).map(|_| request(recipient)).collect::<Result<Vec<_>>>();
    thread::scope(|scope| {
        let other = scope.spawn(half);
        let mut requests = half()?;
        requests.extend(other.join().map_err(|_| "a thread panicked")??);
        Ok(requests)
    })
}

fn request(recipient: &Recipient) -> Result<Vec<u8>> {
    let mut form = Form::new();
    for (name, value) in [
        ("cc-number", "4111 1111 1111 1111"),
        ("cc-exp", "12/29"),
        ("cc-csc", "123"),
        ("cc-name", "Ada Lovelace"),
        ("email", "ada@shop.example"),
        ("street-address", "12 St James's Square"),
        ("postal-code", "SW1Y 4LE"),
        ("country", "GB"),
    ] {
        form.input(FieldName::parse(name)?, value)?;
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    let context = Context {
        jti: Jti::from_random(id),
        iat: unix_now(),
        origin: ORIGIN,
        session: "",
        signals: SIGNALS.as_bytes(),
    };
    let prepared = Preparation::new(recipient, &mut getrandom::SysRng)?.finish();
    let sealed = form.seal(vec![(prepared, &FieldSet::all())], &context)?.swap_remove(0);
    let body = serde_json::json!({"sealed": sealed, "origin": ORIGIN}).to_string();
    let length = body.len();
    let head = "POST /v1/open HTTP/1.1\r\nHost: tillseal\r\nContent-Type: application/json";
    Ok(format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes())
}

fn report(mut seen: Seen, elapsed: Duration) {
    seen.milliseconds.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank"
        )]
        let rank = (share * (seen.milliseconds.len().saturating_sub(1)) as f64) as usize;
        seen.milliseconds.get(rank).copied().unwrap_or_default()
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_second = seen.milliseconds.len() as f64 / elapsed.as_secs_f64();
    let statuses: Vec<String> =
        seen.statuses.iter().map(|(status, count)| format!("\"{status}\":{count}")).collect();
    println!(
        r#"{{"per_second":{per_second:.0},"p50":{:.2},"p90":{:.2},"p99":{:.2},"p999":{:.2},"worst":{:.2},"statuses":{{{}}}}}"#,
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0),
        statuses.join(",")
    );
}
