//! `tillseal signals`: recorded pointer traces through the very code that runs in the page.

use clap::{Args, Subcommand};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Write},
    path::{Path, PathBuf},
};
use tillseal_protocol::signals::path::{Motion, Path as Course, SCALES, Step};
use tillseal_server::risk::{Model, probability};

#[derive(Subcommand)]
pub(crate) enum Signals {
    /// Score each trace: `trace,label,family,score`, where a higher score is more like a program
    Replay(Traces),
    /// Print the values of each trace's windows: the numbers, and the buckets that a page would send
    Values {
        #[command(flatten)]
        traces: Traces,
        /// How many events a window holds; 0 takes each trace as one
        #[arg(long, default_value_t = 0)]
        window: usize,
    },
}

#[derive(Args)]
pub(crate) struct Traces {
    /// CSV, plain or gzip, with the columns trace, `t_ms`, event, x and y; `-` reads standard input
    #[arg(value_name = "TRACES")]
    path: PathBuf,
}

/// Why traces could not be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: csv::Error },
    #[error("{path}: no column `{column}`; the first line must name trace, t_ms, event, x and y")]
    Column { path: PathBuf, column: &'static str },
    #[error("{path}, line {line}: `{text}` in column {column} is not a number")]
    Number { path: PathBuf, line: u64, column: &'static str, text: String },
    #[error("the model beside the program is broken: {0}")]
    Model(#[from] tillseal_server::risk::ModelError),
    #[error("standard output: {0}")]
    Write(#[from] csv::Error),
}

/// Does what was asked, onto standard output.
pub(crate) fn signals(command: &Signals) -> Result<(), ReplayError> {
    let out = csv::Writer::from_writer(io::stdout().lock());
    match command {
        Signals::Replay(Traces { path }) => replay(&read(path)?, out),
        Signals::Values { traces: Traces { path }, window } => values(&read(path)?, *window, out),
    }
}

/// How many events `replay` looks at closely at a time.
const WINDOW: usize = 30;

struct Trace {
    name: String,
    label: String,
    family: String,
    motions: Vec<Motion>,
}

fn replay(traces: &[Trace], mut out: csv::Writer<impl Write>) -> Result<(), ReplayError> {
    let model = Model::shipped()?;
    out.write_record(["trace", "label", "family", "score"])?;
    for Trace { name, label, family, motions } in traces {
        // Odds far out would all print as 1 with fewer digits, and the order of traces would be lost.
        let score = format!("{:.9}", probability(log_odds(model, motions)));
        out.write_record([name, label, family, &score])?;
    }
    Ok(out.flush().map_err(csv::Error::from)?)
}

/// The log-odds of a trace: what a page sends at its end, and as much again what its windows say on average.
///
/// A page sends but once. Who has the whole trace can look closer, and held-out programs are then told best.
fn log_odds(model: &Model, motions: &[Motion]) -> f64 {
    let judged = |motions| observed(motions).values().map(|values| model.log_odds(&values));
    let (mut sum, mut count) = (0.0, 0.0);
    for log_odds in windows(motions, WINDOW).filter_map(judged) {
        sum += log_odds;
        count += 1.0;
    }
    // No values are no evidence: even odds.
    let whole = judged(motions).unwrap_or_default();
    if count > 0.0 { f64::midpoint(whole, sum / count) } else { whole }
}

fn values(traces: &[Trace], window: usize, mut out: csv::Writer<impl Write>) -> Result<(), ReplayError> {
    let names = SCALES.iter().map(|scale| scale.name.to_owned());
    let raw = SCALES.iter().map(|scale| format!("{}Raw", scale.name));
    let place = ["trace", "label", "family", "index"].map(String::from);
    out.write_record(place.into_iter().chain(names).chain(raw))?;
    for Trace { name, label, family, motions } in traces {
        for (index, motions) in windows(motions, window).enumerate() {
            let course = observed(motions);
            let (Some(values), Some(numbers)) = (course.values(), course.numbers()) else { continue };
            let place = [name.clone(), label.clone(), family.clone(), index.to_string()];
            let values = values.iter().map(ToString::to_string);
            let numbers = numbers.iter().map(|number| format!("{number:.4}"));
            out.write_record(place.into_iter().chain(values).chain(numbers))?;
        }
    }
    Ok(out.flush().map_err(csv::Error::from)?)
}

/// Full windows one after another; what is shorter than one window is one by itself.
fn windows(motions: &[Motion], window: usize) -> impl Iterator<Item = &[Motion]> {
    let size = if window == 0 || motions.len() < window { motions.len().max(1) } else { window };
    motions.chunks_exact(size)
}

fn observed(motions: &[Motion]) -> Course {
    let mut course = Course::default();
    for motion in motions {
        course.observe(*motion);
    }
    course
}

fn read(path: &Path) -> Result<Vec<Trace>, ReplayError> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(
            File::open(path)
                .map_err(|error| ReplayError::Read { path: path.to_owned(), source: error.into() })?,
        )
    };
    parse(path, source)
}

/// Reads traces in the order of their first lines; the lines of one need not stand together.
fn parse(path: &Path, source: impl Read) -> Result<Vec<Trace>, ReplayError> {
    let failed = |source: csv::Error| ReplayError::Read { path: path.to_owned(), source };
    let mut csv = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(unpacked(source).map_err(|error| failed(error.into()))?);
    let header = csv.headers().map_err(failed)?.clone();
    // Some programs put a byte order mark before the first name.
    let find = |name: &str| header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let need = |column| find(column).ok_or_else(|| ReplayError::Column { path: path.to_owned(), column });
    let (at_trace, at_event) = (need("trace")?, need("event")?);
    let (at_time, at_x, at_y) = (need("t_ms")?, need("x")?, need("y")?);
    let (at_label, at_family) = (find("label"), find("family"));

    let mut traces: Vec<Trace> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut record = csv::StringRecord::new();
    while csv.read_record(&mut record).map_err(failed)? {
        let text = |at: usize| record.get(at).unwrap_or_default();
        let optional = |at: Option<usize>| at.map(text).unwrap_or_default().to_owned();
        let place = *places.entry(text(at_trace).to_owned()).or_insert_with(|| {
            let (name, label, family) =
                (text(at_trace).to_owned(), optional(at_label), optional(at_family));
            traces.push(Trace { name, label, family, motions: Vec::new() });
            traces.len() - 1
        });
        let Some(step) = step(text(at_event)) else { continue };
        let motions = &mut traces[place].motions;
        let number = |at: usize, column| {
            let number = text(at).parse().ok().filter(|number: &f64| number.is_finite());
            let line = record.position().map_or(0, csv::Position::line);
            number.ok_or_else(|| ReplayError::Number {
                path: path.to_owned(),
                line,
                column,
                text: text(at).to_owned(),
            })
        };
        let time = number(at_time, "t_ms")?;
        // A finger that left the glass has no place any more, and recorders write that as nothing or as NaN.
        let is_absent = |at| text(at).is_empty() || text(at).eq_ignore_ascii_case("nan");
        let (x, y) = match motions.last() {
            Some(Motion { x, y, .. }) if is_absent(at_x) && is_absent(at_y) => (*x, *y),
            None if is_absent(at_x) && is_absent(at_y) => continue,
            _ => (number(at_x, "x")?, number(at_y, "y")?),
        };
        motions.push(Motion { time, x, y, step });
    }
    Ok(traces)
}

fn step(event: &str) -> Option<Step> {
    match event.strip_suffix("touch").unwrap_or(event) {
        "move" => Some(Step::Move),
        "pressed" => Some(Step::Down),
        "released" => Some(Step::Up),
        _ => None,
    }
}

fn unpacked<'a>(source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut source = BufReader::new(source);
    // RFC 1952, 2.3.1: the first two bytes of a gzip member.
    let is_gzip = source.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(flate2::bufread::MultiGzDecoder::new(source)) } else { Box::new(source) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::{ReplayError, Trace, parse, replay, values};
    use std::{io::Write as _, path::Path};
    use tillseal_protocol::signals::path::{Motion, Step};

    fn traces(text: &[u8]) -> Result<Vec<Trace>, ReplayError> {
        parse(Path::new("t.csv"), text)
    }

    const TWO: &str = "trace,label,family,t_ms,event,x,y\n\
        a,bot,f,0,pressed,1,2\nb,human,g,5,movetouch,3.5,4\na,bot,f,9,wheel,x,y\na,bot,f,16,move,5,6\n\
        b,human,g,7,releasedtouch,nan,\n";

    #[test]
    fn lines_of_a_trace_need_not_stand_together() {
        let two = traces(TWO.as_bytes()).expect("good traces");
        let names: Vec<_> = two.iter().map(|t| (&*t.name, &*t.label, &*t.family)).collect();
        assert_eq!(names, [("a", "bot", "f"), ("b", "human", "g")]);
        let moved = |time, x, y, step| Motion { time, x, y, step };
        assert_eq!(two[0].motions, [moved(0.0, 1.0, 2.0, Step::Down), moved(16.0, 5.0, 6.0, Step::Move)]);
        // The finger that left stays where it was.
        assert_eq!(two[1].motions, [moved(5.0, 3.5, 4.0, Step::Move), moved(7.0, 3.5, 4.0, Step::Up)]);
    }

    #[test]
    fn columns_may_stand_anywhere_and_label_and_family_may_be_absent() {
        let text = "\u{feff}y,event,x,t_ms,extra,trace\r\n2,move,1,0.5,?,a\r\n";
        let one = traces(text.as_bytes()).expect("good traces");
        assert_eq!((&*one[0].name, &*one[0].label), ("a", ""));
        assert_eq!(one[0].motions, [Motion { time: 0.5, x: 1.0, y: 2.0, step: Step::Move }]);
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(TWO.as_bytes()).expect("memory");
        let gzip = gzip.finish().expect("memory");
        assert_eq!(traces(&gzip).expect("good traces").len(), 2);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| traces(text.as_bytes()).err().expect("an error").to_string();
        assert!(error("trace,event,x,y\n").contains("`t_ms`"));
        let line = error("trace,t_ms,event,x,y\na,0,move,1,2\na,1,move,1,two\n");
        assert_eq!(line, "t.csv, line 3: `two` in column y is not a number");
        assert!(error("trace,t_ms,event,x,y\na,inf,move,1,2\n").contains("line 2: `inf`"));
    }

    #[test]
    fn every_trace_has_a_score_and_none_is_even_odds_without_motions() {
        let mut out = Vec::new();
        let two = traces(TWO.as_bytes()).expect("good traces");
        replay(&two, csv::Writer::from_writer(&mut out)).expect("memory");
        let expected = "trace,label,family,score\na,bot,f,0.500000000\nb,human,g,0.500000000\n";
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }

    #[test]
    fn values_are_of_full_windows_or_of_all() {
        let mut text = String::from("trace,t_ms,event,x,y\n");
        text.extend((0..70).map(|i| format!("a,{},move,{},0\n", 16 * i, 3 * i)));
        let one = traces(text.as_bytes()).expect("good traces");
        for (window, rows) in [(0, 1), (30, 2), (71, 1), (5, 0)] {
            let mut out = Vec::new();
            values(&one, window, csv::Writer::from_writer(&mut out)).expect("memory");
            assert_eq!(String::from_utf8(out).expect("text").lines().count(), 1 + rows, "{window}");
        }
    }
}
