//! The frame of the pages that the server writes. Whatever came from outside is escaped by `maud`.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

/// A page as an answer.
pub(crate) fn html(page: Markup) -> Html<String> {
    Html(page.into_string())
}

/// A page in the shop's frame.
pub(crate) fn layout(title: &str, script: Option<&str>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (title) " · Saltmarsh Pottery" }
                link rel="icon" href="/pages/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/pages/shop.css";
                link rel="stylesheet" href="/pages/verdict.css";
                @if let Some(script) = script { script type="module" src=(script) {} }
            }
            body {
                header.masthead {
                    a.brand href="/" {
                        svg.mark viewBox="0 0 32 32" aria-hidden="true" {
                            circle cx="16" cy="16" r="16" {}
                            path d="M6 14q5-5 10 0t10 0M6 20q5-5 10 0t10 0" {}
                        }
                        "Saltmarsh Pottery"
                    }
                    nav { a href="/playground" { "Playground" } a href="/lab" { "Attack lab" } }
                }
                (main)
                footer.colophon {
                    p { "Saltmarsh Pottery does not exist. It shows how a shop seals its checkout with Tillseal." }
                    p { a href="/verify" { "Check a receipt" } }
                }
            }
        }
    }
}

/// What is right.
pub(crate) fn tick() -> Markup {
    icon("M5 12.5l4.5 4.5L19 7.5")
}

/// What one looks for.
pub(crate) fn lens() -> Markup {
    icon("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20")
}

fn icon(path: &'static str) -> Markup {
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} } }
}
