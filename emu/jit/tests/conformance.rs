//! What every exact engine has to do, by the translator: `innkeeper_core::board::virt_a64::conformance`.

use innkeeper_core::board::virt_a64::conformance::Variant;
use innkeeper_jit::{Config, Jit, Opt};

fn variants() -> Vec<Variant> {
    let eager = Config { threshold: 1, ..Config::default() };
    let configs = [
        Config::default(),
        eager,
        Config { max_region: 1, ..eager },
        Config { max_region: 4, ..eager },
        Config { threshold: 50, max_region: 64, opt: Opt::Speed, ..eager },
        Config { generation_bytes: 64 << 10, generations: 2, ..eager },
    ];
    let variant = |config| {
        Variant::new(format!("{config:?}"), move || {
            Box::new(Jit::new(config).expect("a host with a back end"))
        })
    };
    configs.map(variant).into()
}

innkeeper_core::accel_conformance!(variants());
