//! JUnit, as CI systems read it: richer than nextest's own, which tests cannot add to.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::Entry;
use crate::run::verdict::{Class, Verdict};

/// The report as XML.
pub fn text(entries: &[Entry]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("innkeeper");
    let mut suite = TestSuite::new("scenarios");
    for entry in entries {
        suite.add_test_case(match entry {
            Entry::Ran(v) => case(v),
            Entry::Skipped { test, because } => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(because.as_str());
                named(test, status)
            }
        });
    }
    report.add_test_suite(suite);
    report.to_string()
}

/// A test case named after the scenario, in the class of its folders.
fn named(test: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(test, status);
    let folders = test.split("::").take_while(|p| !p.contains('=')).collect::<Vec<_>>();
    case.set_classname(folders[..folders.len().saturating_sub(1)].join("."));
    case
}

fn case(v: &Verdict) -> TestCase {
    let mut status = match v.class {
        Class::Pass => TestCaseStatus::success(),
        Class::QuarantinedFail => TestCaseStatus::skipped(),
        Class::Assertion | Class::UnexpectedPass => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if v.class != Class::Pass {
        status.set_type(v.class.as_str()).set_message(v.message.as_str());
        if !matches!(v.class, Class::QuarantinedFail) {
            status.set_description(v.text());
        }
    }
    let mut case = named(&v.test, status);
    case.set_time(Duration::from_millis(v.host_ms));
    let properties = [
        ("class", v.class.as_str().to_string()),
        ("guest_ns", v.guest_ns.to_string()),
        ("insns", v.insns.to_string()),
        ("attempt", v.attempt.to_string()),
        ("file", v.file.display().to_string()),
    ];
    case.add_properties(properties.map(|(name, value)| Property::new(name, value)));
    if let Some(issue) = &v.issue {
        case.add_property(Property::new("issue", issue.as_str()));
    }
    if v.class != Class::Pass {
        case.set_system_out(format!("[[ATTACHMENT|{}]]", v.evidence.join("verdict.json").display()));
    }
    case
}
