//! Cargo does not watch the folders that are embedded: a new file in one of them must rebuild the shop.

fn main() {
    println!("cargo::rerun-if-changed=pages");
    println!("cargo::rerun-if-changed=../pkg/dist");
    println!("cargo::rerun-if-changed=../docs/integrate");
}
