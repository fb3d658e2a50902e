//! `addresses` and `source_status`: whether the merged answer and the sources are as expected, and what
//! there was instead.

use innkeeper_services::addresses::{
    self as service, Address, Evidence, Family, NicId, Query, Scope, Status,
};

use super::{Addresses, Held};
use crate::run::verdict::Failure;
use crate::scenario::Span;
use crate::scenario::addresses::{self as model, Shows, Source};
use crate::scenario::net::Pattern;

/// Whether what is expected holds now.
pub(super) fn holds(a: &Addresses, held: &Held) -> Result<(), Failure> {
    let result = match held {
        Held::Addresses(shows) => self::shows(a, shows),
        Held::Status(status) => standing(a, status),
    };
    result.map_err(|message| there_is(a).into_iter().fold(Failure::assertion(message), Failure::detail))
}

fn shows(a: &Addresses, v: &Shows) -> Result<(), String> {
    let query = query(a, v)?;
    let found = a.book.ranked(&query, a.now);
    let on = v.nic.as_ref().map(|nic| format!(" on {nic}")).unwrap_or_default();
    for pattern in v.include.iter().chain(v.only.iter().flatten()) {
        let candidates = found.iter().filter(|(_, address)| matches(*pattern, address));
        let mut why = format!("there is no {pattern}{on}");
        if !candidates.into_iter().any(|(_, address)| is(v, address).map_err(|e| why = e).is_ok()) {
            return Err(why);
        }
    }
    for (nic, address) in &found {
        let wanted = |patterns: &[Pattern]| patterns.iter().any(|p| matches(*p, address));
        if wanted(&v.exclude) || v.only.as_ref().is_some_and(|only| !wanted(only)) {
            return Err(format!("{} is there, on {}, and should not be", address.address, a.name(*nic)));
        }
    }
    best(a, v, &query)?;
    let refused: u64 = a.book.nics().iter().map(|nic| a.book.refused(nic.id)).sum();
    match v.refused {
        Some(least) if refused < least => Err(format!("{refused} claims were refused, fewer than {least}")),
        _ => Ok(()),
    }
}

fn query(a: &Addresses, v: &Shows) -> Result<Query, String> {
    let nic = match &v.nic {
        Some(name) => Some(a.nic(name).ok_or_else(|| format!("no card `{name}` is plugged in"))?),
        None => None,
    };
    let family = v.family.map(|f| match f {
        model::Family::Ipv4 => Family::Ipv4,
        model::Family::Ipv6 => Family::Ipv6,
    });
    let scope = v.scope.map(|s| match s {
        model::Scope::Global => Scope::Global,
        model::Scope::Link => Scope::Link,
    });
    Ok(Query { nic, source: v.source.map(Source::as_str), family, scope })
}

fn matches(pattern: Pattern, address: &Address) -> bool {
    pattern.matches(address.address, address.prefix())
}

/// Whether an address is what is expected of those named.
fn is(v: &Shows, address: &Address) -> Result<(), String> {
    let evidence = &address.evidence;
    let name = address.address;
    if let Some(wanted) = v.state {
        let state = address.state.name();
        require(state == wanted.as_str(), || format!("{name} is {state}, not {}", wanted.as_str()))?;
    }
    if let Some(wanted) = &v.sources {
        let mut sources: Vec<_> = evidence.iter().map(|e| e.source).collect();
        let mut wanted: Vec<_> = wanted.iter().map(|s| s.as_str()).collect();
        for list in [&mut sources, &mut wanted] {
            list.sort_unstable();
            list.dedup();
        }
        let (sources, wanted) = (sources.join(", "), wanted.join(", "));
        require(sources == wanted, || format!("for {name} speaks {sources}, not {wanted}"))?;
    }
    for wanted in &v.evidence {
        let seen = evidence.iter().any(|e| e.what == wanted);
        require(seen, || format!("of {name} no `{wanted}` was seen"))?;
    }
    if let Some(wanted) = v.confidence {
        let best = evidence.iter().map(|e| e.confidence).max().map_or("nothing", |c| c.name());
        require(best == wanted.as_str(), || {
            format!("{name} has {best} confidence, not {}", wanted.as_str())
        })?;
    }
    if let Some(wanted) = &v.interface {
        let named = evidence.iter().any(|e| e.interface.as_deref() == Some(wanted));
        require(named, || format!("{name} is not on the guest's `{wanted}`"))?;
    }
    Ok(())
}

fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// The address to use, or the reason why there is none.
fn best(a: &Addresses, v: &Shows, query: &Query) -> Result<(), String> {
    let found = a.book.best(query, a.now);
    if let Some(wanted) = v.absence {
        return match found {
            Ok((_, address)) => Err(format!("there is an address to use: {}", address.address)),
            Err(absence) if absence == reason(wanted) => Ok(()),
            Err(absence) => Err(format!("there is no address to use because {}", absence.reason())),
        };
    }
    let Some(pattern) = v.best else { return Ok(()) };
    match found {
        Ok((_, address)) if matches(pattern, address) => is(v, address),
        Ok((_, address)) => Err(format!("the best address is {}, not {pattern}", address.address)),
        Err(absence) => Err(format!("there is no address to use: {}", absence.reason())),
    }
}

fn reason(absence: model::Absence) -> service::Absence {
    match absence {
        model::Absence::NothingSeen => service::Absence::NothingSeen,
        model::Absence::NoCard => service::Absence::NoCard,
        model::Absence::OtherKinds => service::Absence::OtherKinds,
        model::Absence::OnlyTentative => service::Absence::OnlyTentative,
        model::Absence::OnlyConflicted => service::Absence::OnlyConflicted,
        model::Absence::OnlyExpired => service::Absence::OnlyExpired,
    }
}

fn standing(a: &Addresses, v: &model::Status) -> Result<(), String> {
    let name = v.source.as_str();
    let status = a.statuses().into_iter().find(|(source, _)| *source == name).map(|(_, status)| status);
    let Some(status) = status else { return Err(format!("there is no source {name}")) };
    let (word, text) = match &status {
        Status::Ready => ("ready", ""),
        Status::Waiting(why) => ("waiting", why.as_str()),
        Status::Failed(why) => ("failed", why.as_str()),
    };
    require(word == v.is.as_str(), || format!("{name} is {status}, not {}", v.is.as_str()))?;
    let wanted = v.text.as_deref().unwrap_or_default();
    require(text.contains(wanted), || format!("{name} is {status}, and says nothing of {wanted:?}"))
}

/// Every address with its evidence, and how each source is doing.
fn there_is(a: &Addresses) -> Vec<String> {
    let mut lines = Vec::new();
    let all = a.book.ranked(&Query::default(), a.now);
    if all.is_empty() {
        lines.push("no address is known".into());
    }
    for (nic, address) in all {
        lines.push(address_line(a, nic, address));
        lines.extend(address.evidence.iter().map(|e| evidence_line(a, e)));
    }
    lines.extend(a.statuses().iter().map(|(name, status)| format!("{name} is {status}")));
    lines
}

fn address_line(a: &Addresses, nic: NicId, address: &Address) -> String {
    let prefix = address.prefix().map(|bits| format!("/{bits}")).unwrap_or_default();
    let scope = Scope::of(address.address).name();
    let state = address.state.name();
    format!("{} {}{prefix} {state}, {scope}", a.name(nic), address.address)
}

fn evidence_line(a: &Addresses, e: &Evidence) -> String {
    let prefix = e.prefix.map(|bits| format!(" /{bits}")).unwrap_or_default();
    let interface = e.interface.as_ref().map(|name| format!(" on `{name}`")).unwrap_or_default();
    let until = e.valid_until().map(|at| format!(", until {}", Span(at))).unwrap_or_default();
    let seen = format!("seen {} to {}", Span(e.first_seen), Span(e.last_seen));
    let (state, confidence) = (e.state_at(a.now).name(), e.confidence.name());
    format!("    {}: {}{prefix}{interface}, {state}, {confidence}, {seen}{until}", e.source, e.what)
}
