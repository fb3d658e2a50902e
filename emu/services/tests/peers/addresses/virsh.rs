//! The table of `domifaddr` and virsh's own, from its test driver.

use std::process::{Output, Stdio};

use innkeeper_services::addresses::table::{Failure, Style, parse, render};

use crate::process::command;

/// What these tests start.
pub const PROGRAMS: &[&str] = &["virsh"];

crate::tests! {
    tables_are_the_same
    failures_are_the_same
}

fn virsh(uri: &str, args: &[&str]) -> Output {
    let mut virsh = command("virsh");
    virsh.args(["-c", uri]).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    virsh.env("LC_ALL", "C").output().expect("virsh")
}

/// A host with two guests, of which one has several cards and another none.
const NODE: &str = "<node><domain type='test'><name>many</name><memory>1024</memory><os><type>hvm</type></os>
<devices><interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>
<interface type='network'><mac address='52:54:00:00:00:02'/><source network='default'/>
<target dev='averylongname0'/></interface></devices></domain>
<domain type='test'><name>none</name><memory>1024</memory><os><type>hvm</type></os></domain>
<network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/>
</network></node>";

fn tables_are_the_same() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), NODE).expect("a file");
    let node = format!("test://{}", file.path().display());
    let quiet = Style { quiet: true, ..Style::default() };
    let full = Style { full: true, ..Style::default() };
    for (uri, domain) in [("test:///default", "test"), (&node, "many"), (&node, "none")] {
        for (args, style) in [
            (&["domifaddr", domain][..], Style::default()),
            (&["-q", "domifaddr", domain], quiet),
            (&["domifaddr", domain, "--full"], full),
            (&["domifaddr", domain, "--source", "agent"], Style::default()),
            (&["domifaddr", domain, "nope"], Style { interface: Some("nope"), ..Style::default() }),
        ] {
            let out = virsh(uri, args);
            let table = String::from_utf8(out.stdout).expect("UTF-8");
            assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
            let rows = parse(&table).unwrap_or_else(|| panic!("{args:?}: not a table:\n{table}"));
            let cards = usize::from(domain == "test") + 2 * usize::from(domain == "many");
            let wanted = if style.interface.is_some() { 0 } else { cards };
            assert_eq!(rows.len(), wanted, "{args:?}:\n{table}");
            assert_eq!(render(&rows, style), table, "{args:?}");
        }
    }
}

fn failures_are_the_same() {
    for (args, failure) in [
        (&["domifaddr", "nosuch"][..], Failure::UnknownDomain("nosuch".into())),
        (&["domifaddr", "test", "--source", "nope"], Failure::UnknownSource("nope".into())),
        (&["destroy test; domifaddr test"], Failure::NotRunning),
        (&["-r", "domifaddr", "test", "--source", "agent"], Failure::ReadOnly),
    ] {
        let out = virsh("test:///default", args);
        assert_eq!(String::from_utf8_lossy(&out.stderr), failure.message(), "{args:?}");
        assert_eq!(out.status.code(), Some(1), "{args:?}");
    }
}
