//! The hashes of RFC 6962.
//!
//! The eight inputs and the roots of their trees are those of Certificate Transparency's own test: `cpp/merkletree/merkle_tree_test.cc`
//! of google/certificate-transparency, which transparency-dev/merkle keeps as `testonly/constants.go`.

use crate::{
    memory::Memory,
    support::{TestResult, key},
};
use std::{fmt::Write as _, sync::Arc};
use tillseal_server::{
    audit::{Hash, Log},
    store::Store,
};

const INPUTS: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[tokio::test]
async fn trees_have_the_roots_of_certificate_transparency() -> TestResult {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let log = Log::new(Arc::clone(&store), key()?);
    for (input, root) in INPUTS.iter().zip(ROOTS) {
        store.record(input.to_vec()).await?;
        let head = log.publish().await?.ok_or("nothing published")?;
        assert_eq!(hex(&head.root), root, "{} entries", head.size);
    }
    Ok(())
}

#[test]
fn the_empty_tree_and_the_leaf_have_theirs() {
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex(&Hash::of_nothing()), nothing);
    assert_eq!(hex(&Hash::leaf(b"")), ROOTS[0]);
    assert_eq!(hex(&Hash::node(&Hash::leaf(b""), &Hash::leaf(b"\0"))), ROOTS[1]);
    assert_eq!(Hash::leaf(b"").to_string(), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
    assert_eq!(Hash::leaf(b"").base64url(), "bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0");
}

fn hex(hash: &Hash) -> String {
    hash.as_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
