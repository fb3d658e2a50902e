//! Every scenario as a test of `cargo test` and nextest.

fn main() -> std::process::ExitCode {
    innkeeper::libtest::main(std::env::args())
}
