//! The shop's routes.

use crate::{
    anatomy::Anatomy,
    assets,
    filling::{Filling, Judged},
    headers,
    memory::{Id, Memory},
    order, page,
    receipt::{self, Receipt},
    refusal::Refusal,
    request::{self, RawRequest},
    till::Till,
};
use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};
use tillseal_protocol::Claims;
use tillseal_server::{OpenError, Opened, Refusal as NotTaken, unix_now};

struct Shop {
    till: Arc<Till>,
    origins: Vec<String>,
    receipts: Memory<Receipt>,
}

/// A request with a payload, still closed.
struct Arrived {
    origin: String,
    accept: String,
    ip: Option<IpAddr>,
    request: RawRequest,
    sealed: String,
}

/// The whole shop. `origins` are those under which browsers reach it, one at least.
pub(crate) fn router(till: Arc<Till>, origins: Vec<String>) -> Router {
    let keys = till.key_set().layer(map_response(headers::revalidate));
    let shop = Arc::new(Shop { till, origins, receipts: Memory::new() });
    Router::new()
        .route("/", get(checkout))
        .route("/pages/{file}", get(assets::page))
        .route("/playground", get(assets::playground))
        .route("/verify", get(assets::verify))
        .route("/lab", get(assets::lab).post(judge))
        .route("/signals.json", get(assets::manifest))
        .route("/tillseal/{*file}", get(assets::module))
        .route("/integrate/{*file}", get(assets::opener))
        .route("/pay", post(take))
        .route("/receipt/{id}", get(receipt_page))
        .route("/receipt/{id}/receipt.jwt", get(receipt_file))
        .route("/receipt/{id}/opened", get(opened))
        .with_state(shop)
        .merge(keys)
        .fallback(async || Refusal::Path)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(map_response(headers::harden))
}

/// `GET /`: a new order, and the session under which it may be paid.
async fn checkout(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let order = order::new().map_err(|_| Refusal::Random)?;
    let id = order.id.clone();
    let session = shop.till.session(shop.origin(&headers), order).map_err(Refusal::Session)?;
    Ok(assets::checkout(&id, &session))
}

/// `POST /pay`: a person is sent on to the receipt, a script is told where it is.
async fn take(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    let wants_json = request::wants_json(request.headers());
    match (shop.take(request).await, wants_json) {
        (Ok((place, _)), false) => Redirect::to(&place).into_response(),
        (Ok((place, taken)), true) => {
            (StatusCode::CREATED, [(header::LOCATION, place)], taken).into_response()
        }
        (Err(refusal), false) => refusal.into_response(),
        (Err(refusal), true) => refusal.into_problem(),
    }
}

/// `POST /lab`: what the server makes of how the form was filled. Nothing is kept, so the same may come again.
async fn judge(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    match shop.judge(request).await {
        Ok((claims, filling)) => Json(Judged::new(&claims, &filling)).into_response(),
        Err(refusal) => refusal.into_problem(),
    }
}

/// `GET /receipt/{id}`: what travelled and what was opened, the card masked.
async fn receipt_page(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let receipt = shop.receipt(&id)?;
    Ok(page::html(receipt.page(&place(&id))).into_response())
}

/// `GET /receipt/{id}/receipt.jwt`: what the shopper may keep.
async fn receipt_file(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let receipt = shop.receipt(&id)?;
    let disposition = format!("attachment; filename=\"{}\"", receipt::file_name(receipt.order()));
    let headers = [
        (header::CONTENT_TYPE, String::from("application/jwt")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, receipt.verdict.receipt.clone()).into_response())
}

/// `GET /receipt/{id}/opened`: the claims in full. The page asks for them when a person does.
async fn opened(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Response {
    match shop.receipt(&id) {
        Ok(receipt) => {
            let claims = receipt.verdict.claims().to_json().to_vec();
            ([(header::CONTENT_TYPE, "application/json")], claims).into_response()
        }
        Err(refusal) => refusal.into_problem(),
    }
}

impl Shop {
    async fn take(&self, request: Request) -> Result<(String, Json<serde_json::Value>), Refusal> {
        let order = order::sent_to(request.uri());
        let Arrived { origin, accept, ip, request, sealed } = self.read(request).await?;
        // Before anything is claimed, so that a payment which was taken has its receipt.
        let id = Id::random().map_err(|_| Refusal::Random)?;
        let opened = with_card(self.till.open(&origin, &order, &sealed))?;
        let opened_at = unix_now();
        let verdict = self.till.take(opened).await.map_err(|refusal| self.not_taken(refusal, &order.id))?;
        let claims = verdict.claims();
        let filling = Filling::new(claims, verdict.automation.clone(), verdict.signals(), &accept, ip);
        let anatomy = Anatomy::new(&sealed, claims);
        let receipt = Receipt { request, anatomy, verdict, filling, opened_at };
        let place = place(id.as_str());
        let taken = Json(receipt.to_json(&place));
        self.receipts.insert(id, receipt, Instant::now());
        Ok((place, taken))
    }

    async fn judge(&self, request: Request) -> Result<(Claims, Filling), Refusal> {
        let Arrived { origin, accept, ip, sealed, .. } = self.read(request).await?;
        let claims = with_card(self.till.look(&origin, &sealed))?.into_claims();
        let filling = Filling::judge(&claims, &accept, ip);
        Ok((claims, filling))
    }

    async fn read(&self, request: Request) -> Result<Arrived, Refusal> {
        let origin = self.origin(request.headers()).to_owned();
        let accept = request::accept(request.headers()).to_owned();
        let ip =
            request.extensions().get().map(|ConnectInfo(address): &ConnectInfo<SocketAddr>| address.ip());
        let (request, sealed) = request::read(request).await?;
        Ok(Arrived { origin, accept, ip, request, sealed })
    }

    /// A payment that comes a second time is told whether the first went through. It is not shown the receipt: whoever
    /// listened on the way could send it again, too.
    fn not_taken(&self, refusal: NotTaken, order: &str) -> Refusal {
        let is_again = matches!(refusal, NotTaken::Replayed | NotTaken::SessionUsed);
        if is_again && self.receipts.any(|receipt| receipt.order() == order, Instant::now()) {
            Refusal::Paid(refusal, order.to_owned())
        } else {
            Refusal::NotTaken(refusal)
        }
    }

    fn receipt(&self, id: &str) -> Result<Arc<Receipt>, Refusal> {
        self.receipts.find(id, Instant::now()).ok_or(Refusal::Receipt)
    }

    /// Which of the shop's own origins the request came in by. `Host` only chooses among them, and `Origin`
    /// cannot tell: under `no-referrer` a browser sends `null` with a form.
    fn origin(&self, headers: &HeaderMap) -> &str {
        let host = headers.get(header::HOST).map_or(&b""[..], |host| host.as_bytes());
        let is_reached = |origin: &&String| origin.split("://").nth(1).map(str::as_bytes) == Some(host);
        self.origins.iter().find(is_reached).or(self.origins.first()).map_or("", String::as_str)
    }
}

fn with_card(opened: Result<Opened, OpenError>) -> Result<Opened, Refusal> {
    let opened = opened.map_err(|error| Refusal::NotTaken(error.into()))?;
    opened.claims().fields.get("cc-number").ok_or(Refusal::CardMissing)?;
    Ok(opened)
}

fn place(id: &str) -> String {
    format!("/receipt/{id}")
}
