//! Tells insta that its workspace root is `/`: every snapshot path is absolute, and without this
//! each test process would start `cargo metadata` to find out (harness/docs/decisions/0003).

fn main() {
    println!("cargo:rustc-env=INSTA_WORKSPACE_ROOT=/");
    println!("cargo:rerun-if-changed=build.rs");
}
