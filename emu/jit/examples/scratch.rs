#![allow(unsafe_code)]
use innkeeper_core::accel::{Accel, Interp, interp};
use innkeeper_core::board::Payload;
use innkeeper_core::board::virt_a64::Config as Board;
use innkeeper_core::machine::{Exit, Limit, Machine};
use innkeeper_jit::{Config, Jit, Opt};
fn cpu() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}
fn machine(f: &str, a: Box<dyn Accel>) -> Machine {
    let bytes = std::fs::read(f).unwrap();
    let mut c = Board::new(Payload { name: f.into(), bytes });
    if let Ok(a) = std::env::var("ARGS") {
        c.append = a;
    }
    Machine::virt_a64(&c, a).unwrap()
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let limit: u64 = args[1].parse().unwrap();
    let step: u64 = args[2].parse().unwrap();
    let threshold: u32 = args[3].parse().unwrap();
    let check = std::env::var("CHECK").is_ok();
    let opt = if std::env::var("SPEED").is_ok() { Opt::Speed } else { Opt::None };
    let maxr: usize = std::env::var("MAXR").ok().and_then(|v| v.parse().ok()).unwrap_or(600);
    for f in &args[4..] {
        let mut j = machine(
            f,
            Box::new(
                Jit::new(Config {
                    threshold,
                    opt,
                    max_region: maxr,
                    perf_map: std::env::var("PERF").is_ok(),
                    ..Config::default()
                })
                .unwrap(),
            ),
        );
        let mut i = machine(f, Box::new(Interp::new(interp::Config::default())));
        let t = cpu();
        let mut n = 0;
        let mut tj = 0.0;
        let mut ti = 0.0;
        let mut bad = false;
        let _ = t;
        while n < limit {
            n += step;
            let t = cpu();
            let ej = j.run_until(Limit::insns(n));
            tj += cpu() - t;
            if check {
                let t = cpu();
                let ei = i.run_until(Limit::insns(n));
                ti += cpu() - t;
                if ej != ei || (j.digest() != i.digest()) {
                    println!("{f}: DIFFERS at {n}: {ej:?} {ei:?}");
                    let (a, b) = (j.cpu(0).unwrap(), i.cpu(0).unwrap());
                    println!("pc {:x} {:x} insns {} {}", a.cpu.pc, b.cpu.pc, j.now().insns, i.now().insns);
                    for r in 0..32 {
                        if a.cpu.x[r] != b.cpu.x[r] {
                            println!("x{r}: {:x} {:x}", a.cpu.x[r], b.cpu.x[r]);
                        }
                        if a.cpu.v[r] != b.cpu.v[r] {
                            println!("v{r}: {:x} {:x}", a.cpu.v[r], b.cpu.v[r]);
                        }
                    }
                    println!(
                        "nzcv {:x} {:x} fp {:?} {:?} fault {:?} {:?}",
                        a.cpu.nzcv, b.cpu.nzcv, a.cpu.fp, b.cpu.fp, a.cpu.fault, b.cpu.fault
                    );
                    bad = true;
                    break;
                }
            }
            if ej != Exit::Limit {
                break;
            }
        }
        dump();
        let s = j.stats();
        println!(
            "{} {}: {} insns jit {:.1} MIPS ({:.3}s, compile {:.3}s {:.1} us/insn) interp {:.1} MIPS; {:?}",
            if bad { "BAD" } else { "ok" },
            f.rsplit('/').next().unwrap(),
            j.now().insns,
            j.now().insns as f64 / tj / 1e6,
            tj,
            s.compiled.compile_ns as f64 * 1e-9,
            s.compiled.compile_ns as f64 * 1e-3 / (s.compiled.insns.max(1) as f64),
            j.now().insns as f64 / ti / 1e6,
            s
        );
    }
}
pub fn dump() {
    let p = format!("/tmp/perf-{}.map", std::process::id());
    let Ok(t) = std::fs::read_to_string(&p) else { return };
    let _ = std::fs::create_dir_all("/tmp/dump");
    for l in t.lines() {
        let w: Vec<&str> = l.split(' ').collect();
        let a = usize::from_str_radix(w[0], 16).unwrap();
        let n = usize::from_str_radix(w[1], 16).unwrap();
        let s = unsafe { std::slice::from_raw_parts(a as *const u8, n) };
        std::fs::write(format!("/tmp/dump/{a:x}_{}.bin", w[2]), s).unwrap();
    }
}
