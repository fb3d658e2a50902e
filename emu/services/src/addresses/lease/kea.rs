//! Kea's memfile: CSV whose header names the columns, appended to, so that the last row of an address
//! counts (services.md §3.4). Commas within a field are written `&#x2c`: there is no quoting.

use super::record::{Duid, Expiry, Lease, Summary, lines};
use crate::addresses::nic::Mac;

/// Kea's infinite lifetime.
const INFINITE: u64 = 0xffff_ffff;

/// Where the columns are; a file of any version has those it has.
#[derive(Default)]
struct Columns {
    address: Option<usize>,
    hwaddr: Option<usize>,
    duid: Option<usize>,
    iaid: Option<usize>,
    lifetime: Option<usize>,
    expire: Option<usize>,
    kind: Option<usize>,
    state: Option<usize>,
}

/// Fields of a row that are looked at; Kea has 18.
const MAX_FIELDS: usize = 64;

/// Gives every row in its order.
pub fn parse(bytes: &[u8], lease: &mut dyn FnMut(Lease)) -> Summary {
    let mut summary = Summary { complete: bytes.ends_with(b"\n"), ..Summary::default() };
    let mut columns = None;
    for (place, line) in lines(bytes) {
        let Ok(text) = std::str::from_utf8(line) else {
            summary.bad_at(place);
            continue;
        };
        let fields: Vec<&str> = text.split(',').take(MAX_FIELDS).collect();
        if fields[0] == "address" {
            columns = Some(header(&fields));
            continue;
        }
        match columns.as_ref().and_then(|c| row(c, &fields)) {
            Some(Row::Lease(found)) => lease(found),
            Some(Row::Prefix) => {}
            None => summary.bad_at(place),
        }
    }
    summary
}

fn header(names: &[&str]) -> Columns {
    let at = |name: &str| names.iter().position(|n| *n == name);
    Columns {
        address: at("address"),
        hwaddr: at("hwaddr"),
        duid: at("duid"),
        iaid: at("iaid"),
        lifetime: at("valid_lifetime"),
        expire: at("expire"),
        kind: at("lease_type"),
        state: at("state"),
    }
}

enum Row {
    Lease(Lease),
    /// A delegated prefix: no address of the client.
    Prefix,
}

fn row(columns: &Columns, fields: &[&str]) -> Option<Row> {
    let field = |at: Option<usize>| at.and_then(|at| fields.get(at)).copied().filter(|f| !f.is_empty());
    if field(columns.kind) == Some("2") {
        return Some(Row::Prefix);
    }
    let address = field(columns.address)?.parse().ok()?;
    let lifetime: u64 = field(columns.lifetime)?.parse().ok()?;
    let end: u64 = field(columns.expire)?.parse().ok()?;
    let mac = match field(columns.hwaddr) {
        Some(text) => Mac::parse(text),
        None => None,
    };
    Some(Row::Lease(Lease {
        address,
        prefix: None,
        mac,
        duid: field(columns.duid).and_then(Duid::parse),
        iaid: field(columns.iaid).and_then(|s| s.parse().ok()),
        expiry: if lifetime == INFINITE { Expiry::Never } else { Expiry::Unix(end) },
        // 0: in use; 1: declined; 2: expired and reclaimed; 3: released. A lifetime of 0 is a release.
        active: lifetime != 0 && field(columns.state).is_none_or(|s| s == "0"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n";

    #[test]
    fn each_row_is_what_kea_means() {
        for (row, want) in [
            (
                "10.0.0.2,52:54:00:ab:cd:ef,,120,1795334414,7,0,0,a,0,",
                Some((Expiry::Unix(1_795_334_414), true)),
            ),
            (
                "10.0.0.2,52:54:00:ab:cd:ef,,0,1795334294,7,0,0,a,0,",
                Some((Expiry::Unix(1_795_334_294), false)),
            ),
            (
                "10.0.0.2,52:54:00:ab:cd:ef,,120,1795334414,7,0,0,a,1,",
                Some((Expiry::Unix(1_795_334_414), false)),
            ),
            (
                "10.0.0.2,52:54:00:ab:cd:ef,,120,1795334414,7,0,0,a,2,",
                Some((Expiry::Unix(1_795_334_414), false)),
            ),
            ("10.0.0.2,,,4294967295,1795334414,7,0,0,a&#x2cb,0,", Some((Expiry::Never, true))),
            ("10.0.0.2,52:54:00:ab:cd:ef,,120,17953", Some((Expiry::Unix(17_953), true))),
            ("10.0.0,52:54:00:ab:cd:ef,,120,1795334414,7,0,0,a,0,", None),
            ("10.0.0.2,52:54:00:ab:cd:ef", None),
        ] {
            let mut found = Vec::new();
            let summary = parse(format!("{V4}{row}\n").as_bytes(), &mut |l| found.push((l.expiry, l.active)));
            assert_eq!(found, want.into_iter().collect::<Vec<_>>(), "{row}");
            assert_eq!(summary.bad, u64::from(want.is_none()), "{row}");
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        let text = "address,state,expire,valid_lifetime,pool_id,hwaddr\n10.0.0.2,0,5,1,0,52:54:00:ab:cd:ef\n";
        let mut found = Vec::new();
        parse(text.as_bytes(), &mut |l| found.push((l.mac, l.active)));
        assert_eq!(found, [(Mac::parse("52:54:00:ab:cd:ef"), true)]);
    }
}
