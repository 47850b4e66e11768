//! What a page says, member by member.

use crate::{json, page_says, schema::Schema, through, typical};
use tillseal_protocol::browser::BrowserFacts;

/// As JavaScript prints them; what a page that lies or a strange browser may say in the place of any fact.
const JUNK: [&str; 32] = [
    "",
    " ",
    "undefined",
    "null",
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "-",
    "--5",
    "-1",
    "+300",
    "1e+21",
    "1e-7",
    "0.5",
    "1080.75",
    "-0.75",
    "007",
    "0x18",
    "2147483648",
    "-2147483649",
    "99999999999999999999999999",
    "-99999999999999999999999999",
    "２４",
    "[object Object]",
    "en-GB",
    "\"",
    "\\",
    "\",\"browserIP\":\"",
    "\u{1}\n\u{7f}\u{2028}",
    "😀",
    "Symbol()",
];

#[test]
fn the_facts_of_a_common_browser() {
    let text = "false\0en-GB\x0024\x001080\x001920\0-330\0Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let expected = "{\"browserJavaEnabled\":false,\"browserJavascriptEnabled\":true,\"browserLanguage\":\"en-GB\",\
        \"browserColorDepth\":\"24\",\"browserScreenHeight\":\"1080\",\"browserScreenWidth\":\"1920\",\"browserTZ\":\"-330\",\
        \"browserUserAgent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"}";
    assert_eq!(json(&typical()), expected);
    assert_eq!(json(&page_says(text)), expected);
    assert_eq!(through(&Schema::emv(), &typical())["browserJavaEnabled"], false);
    let java = BrowserFacts { java_enabled: true, ..typical() };
    assert_eq!(through(&Schema::emv(), &java)["browserJavaEnabled"], true);
    assert_eq!(through(&Schema::emv(), &page_says("true"))["browserJavaEnabled"], true);
}

#[test]
fn every_color_depth() {
    let schema = Schema::emv();
    let member = |color_depth| {
        let text = through(&schema, &BrowserFacts { color_depth, ..typical() });
        text["browserColorDepth"].as_str().expect("a text").parse::<i32>().expect("a number")
    };
    for depth in 0..=64 {
        // EMV's list, the smallest first; what says nothing is taken for the 24 of nearly all.
        let expected =
            [1, 4, 8, 15, 16, 24, 32, 48].into_iter().rfind(|&allowed| allowed <= depth).unwrap_or(24);
        assert_eq!(member(depth), expected, "{depth}");
    }
    for (depth, expected) in [(30, 24), (36, 32), (i32::MAX, 48), (-1, 24), (-30, 24), (i32::MIN, 24)] {
        assert_eq!(member(depth), expected, "{depth}");
    }
    for (said, expected) in
        [("30", 24), ("30.9", 24), ("24.0", 24), ("undefined", 24), ("NaN", 24), ("", 24), ("-24", 24)]
    {
        assert_eq!(member(page_says(&format!("false\0en\0{said}")).color_depth), expected, "{said}");
    }
}

#[test]
fn every_size_of_screen() {
    let schema = Schema::emv();
    let member = |screen_height, screen_width| {
        let data = through(&schema, &BrowserFacts { screen_height, screen_width, ..typical() });
        ["browserScreenHeight", "browserScreenWidth"]
            .map(|name| data[name].as_str().expect("a text").to_owned())
    };
    for power in [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
        for size in [power - 1, power, power + 1] {
            let expected = size.min(999_999).to_string();
            assert_eq!(member(size, 1), [expected.as_str(), "1"]);
            assert_eq!(member(1, size), ["1", expected.as_str()]);
        }
    }
    for size in (0..=999_999).step_by(997) {
        assert_eq!(member(size, 999_999 - size), [size.to_string(), (999_999 - size).to_string()]);
    }
    assert_eq!(member(i32::MAX, i32::MIN), ["999999", "0"]);
    assert_eq!(member(-1, 1_000_000), ["0", "999999"]);
    for (said, expected) in [
        ("1080", 1080),
        ("823.2000122070312", 823),
        ("1e+21", 999_999),
        ("4294967297", 999_999),
        ("undefined", 0),
        ("-0.5", 0),
    ] {
        let text = format!("false\0en\x0024\0{said}\0{said}");
        let facts = page_says(&text);
        assert_eq!(
            member(facts.screen_height, facts.screen_width),
            [expected.to_string(), expected.to_string()],
            "{said}"
        );
    }
}

#[test]
fn every_size_of_screen_is_written_as_it_is() {
    for size in 0..=999_999 {
        let json = json(&BrowserFacts { screen_height: size, user_agent: "", ..typical() });
        let digits =
            json.split("\"browserScreenHeight\":\"").nth(1).and_then(|rest| rest.split('"').next());
        assert_eq!(digits.and_then(|digits| digits.parse().ok()), Some(size));
        assert!(
            digits.is_some_and(
                |digits| digits.len() == size.checked_ilog10().map_or(1, |log| log as usize + 1)
            )
        );
    }
}

#[test]
fn every_time_zone() {
    let schema = Schema::emv();
    let member = |said: &str| {
        let text = format!("false\0en\x0024\x001080\x001920\0{said}\0Mozilla/5.0");
        through(&schema, &page_says(&text))["browserTZ"].as_str().expect("a text").to_owned()
    };
    let mut count = 0;
    // Quarters of an hour from UTC-14 to UTC+14, among them all halves.
    for minutes in (-840..=840).step_by(15) {
        assert_eq!(member(&minutes.to_string()), minutes.min(720).to_string());
        count += 1;
    }
    // Every offset that the IANA database (2025b) has for any place at any time, in seconds east of Greenwich. Of a local mean
    // time with odd seconds, some engines tell the fraction of the minute and some the whole.
    for seconds in include_str!("offsets.txt").split_whitespace() {
        let seconds: i32 = seconds.parse().expect("a number");
        let expected = (-seconds / 60).clamp(-840, 720).to_string();
        assert_eq!(member(&(-f64::from(seconds) / 60.0).to_string()), expected, "{seconds}");
        assert_eq!(member(&(-seconds / 60).to_string()), expected, "{seconds}");
        count += 1;
    }
    assert_eq!(count, 113 + 507);
    for (said, expected) in [
        ("1", "1"),
        ("-1", "-1"),
        ("-0", "0"),
        ("NaN", "0"),
        ("", "0"),
        ("1e5", "720"),
        ("721", "720"),
        ("-841", "-840"),
        ("-99999", "-840"),
    ] {
        assert_eq!(member(said), expected, "{said}");
    }
    assert_eq!(through(&schema, &BrowserFacts { time_zone: i32::MIN, ..typical() })["browserTZ"], "-840");
    assert_eq!(through(&schema, &BrowserFacts { time_zone: i32::MAX, ..typical() })["browserTZ"], "720");
}

#[test]
fn every_language_is_cut_at_a_subtag() {
    let schema = Schema::emv();
    let mut count = 0;
    for tag in include_str!("languages.txt").split_whitespace() {
        // RFC 4647 §3.4: the tag without its last subtag until it fits, and without a single letter or digit that this lays bare.
        let mut expected = tag;
        while expected.len() > 8 || expected.rsplit('-').next().is_some_and(|last| last.len() == 1) {
            expected = expected.rsplit_once('-').map_or("und", |(shorter, _)| shorter);
        }
        let data = through(&schema, &BrowserFacts { language: tag, ..typical() });
        assert_eq!(data["browserLanguage"], expected, "{tag}");
        count += 1;
    }
    assert!(count > 500, "{count}");
}

#[test]
fn a_language_is_cut_so_and_not_otherwise() {
    let schema = Schema::emv();
    for (tag, expected) in [
        ("en", "en"),
        ("en-GB", "en-GB"),
        ("es-419", "es-419"),
        ("zh-Hans-CN", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hant"),
        ("sr-Latn-RS", "sr-Latn"),
        ("yue-Hant-HK", "yue-Hant"),
        ("ca-ES-valencia", "ca-ES"),
        ("ca-valencia", "ca"),
        ("de-CH-1901", "de-CH"),
        ("de-1996", "de-1996"),
        ("en-US-u-va-posix", "en-US"),
        ("en-US-x-twain", "en-US"),
        ("en-x-foo", "en-x-foo"),
        ("en-x-pirate", "en"),
        ("x-pig-latin", "x-pig"),
        ("x-whatever", "und"),
        ("i-klingon", "und"),
        ("i-navajo", "i-navajo"),
        ("zh-min-nan", "zh-min"),
        // Nothing, or nothing that is a language.
        ("", "und"),
        ("undefined", "und"),
        ("-", "und"),
        ("-en", "und"),
        ("*", "und"),
        ("C", "und"),
        ("419", "und"),
        ("1337-en", "und"),
        ("ελ", "und"),
        ("日本語", "und"),
        // Odd characters, and the tags of those who know POSIX better.
        ("en_US", "en-US"),
        ("zh_Hans_CN", "zh-Hans"),
        ("en-US.UTF-8", "en"),
        ("en-US,en;q=0.9", "en"),
        ("en--US", "en"),
        ("en-", "en"),
        ("en-G\u{e9}", "en"),
        ("en-\"}", "en"),
        ("en GB", "und"),
        ("fran\u{e7}ais", "und"),
        ("abcdefgh", "abcdefgh"),
        ("abcdefghi", "und"),
        ("abcdefgh-i", "abcdefgh"),
        ("ab-cdefgh", "ab"),
    ] {
        let data = through(&schema, &BrowserFacts { language: tag, ..typical() });
        assert_eq!(data["browserLanguage"], expected, "{tag}");
    }
}

#[test]
fn a_user_agent_is_escaped_and_cut_between_characters() {
    let schema = Schema::emv();
    let all_of_ascii: String = (1..=127_u8).map(char::from).collect();
    let mut user_agents = vec![
        "Mozilla/5.0 \"quoted\" \\ back\\\\slash".to_owned(),
        "</script><!-- \u{2028}\u{2029} 日本語 ﷽ 👩‍👩‍👧‍👦".to_owned(),
        all_of_ascii,
        "x".repeat(2048),
        "x".repeat(2049),
        "x".repeat(3000),
        "\"".repeat(3000),
        "\u{1f}".repeat(3000),
        "😀".repeat(3000),
    ];
    // An emoji, and one of several characters, at each place around the cut.
    user_agents.extend((2035..=2050).map(|length| format!("{}👩‍👩‍👧‍👦😀é and more", "x".repeat(length))));
    for user_agent in &user_agents {
        let data = through(&schema, &BrowserFacts { user_agent, ..typical() });
        let member = data["browserUserAgent"].as_str().expect("a text");
        assert!(user_agent.starts_with(member));
        assert!(member.encode_utf16().count() <= 2048, "also by the count of Java and JavaScript");
        if user_agent.len() > 2048 {
            assert!((2045..=2048).contains(&member.len()), "no more is cut than must be");
        } else {
            assert_eq!(member, user_agent);
        }
    }
    assert_eq!(
        through(&schema, &BrowserFacts { user_agent: "", ..typical() })["browserUserAgent"],
        "unknown"
    );
}

#[test]
fn whatever_a_page_says_is_valid() {
    let schema = Schema::emv();
    let text = "false\0zh-Hans-CN\x0030\x001080\x001920\0-345\0Mozilla/5.0 (\"é\")";
    let facts: Vec<&str> = text.split('\0').collect();
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        through(&schema, &page_says(&text[..end]));
        through(&schema, &page_says(&text[end..]));
    }
    for place in 0..facts.len() {
        for junk in JUNK {
            let mut facts = facts.clone();
            facts[place] = junk;
            through(&schema, &page_says(&facts.join("\0")));
        }
    }
    for junk in JUNK {
        through(&schema, &page_says(junk));
        through(&schema, &page_says(&[junk; 9].join("\0")));
    }
    through(&schema, &page_says(&"\0".repeat(20)));
}
