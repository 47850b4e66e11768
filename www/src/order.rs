//! What is paid for: the one basket that this shop sells, under a new order id for each view of the checkout.

use axum::http::Uri;
use tillseal_protocol::Order;

/// The price of the basket as people read it; the checkout page says the same.
pub(crate) const PRICE: &str = "€144.50";

/// Digits and letters that nobody confuses on the telephone: 32, so that every byte chooses evenly.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A new order, as a page names it: `T-7KQ2M9`.
pub(crate) fn new() -> Result<Order, getrandom::Error> {
    let mut random = [0; 6];
    getrandom::fill(&mut random)?;
    let characters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    Ok(basket(format!("T-{}", characters.collect::<String>())))
}

/// What the shop is about to charge for a payment that was sent to `/pay?order=…`.
///
/// The id is what the address says, the price is the shop's own: a session that says otherwise is refused.
pub(crate) fn sent_to(address: &Uri) -> Order {
    basket(address.query().and_then(|query| query.strip_prefix("order=")).unwrap_or_default().to_owned())
}

fn basket(id: String) -> Order {
    Order { id, amount: 14_450, currency: String::from("EUR") }
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, PRICE, basket, new, sent_to};
    use axum::http::Uri;

    #[test]
    fn an_id_is_readable_and_new() {
        let ids = [new(), new()].map(|order| order.map(|order| order.id).unwrap_or_default());
        assert_ne!(ids[0], ids[1]);
        for id in ids {
            let characters = id.strip_prefix("T-").unwrap_or_default();
            assert_eq!(characters.len(), 6, "{id}");
            assert!(characters.bytes().all(|byte| ALPHABET.contains(&byte)), "{id}");
        }
    }

    #[test]
    fn the_price_is_the_shops_own() {
        let of = |address: &'static str| sent_to(&Uri::from_static(address));
        assert_eq!(of("/pay?order=T-7KQ2M9"), basket("T-7KQ2M9".into()));
        assert_eq!(of("/pay?order=T-7KQ2M9&amount=1").amount, 14_450);
        assert_eq!(of("/pay").id, "");
    }

    #[test]
    fn people_and_programs_read_the_same_price() {
        let order = basket(String::new());
        assert_eq!(PRICE, format!("€{}.{:02}", order.amount / 100, order.amount % 100));
        assert_eq!(order.currency, "EUR");
    }
}
