use innkeeper_core::isa::a64::*;
fn main() {
    let h = table::handlers::<vcpu::Core>();
    for (r, f) in table::rows().iter().zip(h.iter()) {
        println!("{} {:p}", r.name, *f as *const ());
    }
}
