use innkeeper_core::isa::a64::*;
use std::io::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    if a.get(1).map(|s| s.as_str()) == Some("rows") {
        for r in table::rows() {
            println!("{} {} {} {:08x} {:08x}", r.section, r.name, r.pattern, r.mask, r.value);
        }
        return;
    }
    let mut s = String::new();
    stdin().read_to_string(&mut s).unwrap();
    for (k, l) in s.lines().enumerate() {
        let w = u32::from_str_radix(l, 16).unwrap();
        let n = decode::lookup(w).map(|x| x.1.name).unwrap_or("-");
        println!("{}\t{}", n, disasm::disasm(w, k as u64 * 4));
    }
}
