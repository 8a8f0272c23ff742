//! Random graphs, random damage to a good file, and files made to exhaust the reader.

#![expect(clippy::unwrap_used, reason = "a test may fail that way")]

mod common;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use common::{GOOD, check_text};
use gateshift_planner::Diagnostics;
use proptest::prelude::*;

/// Every mistake stands inside the file, and there is at least one error.
fn assert_sound(text: &str, found: &Diagnostics) -> Result<(), TestCaseError> {
    let lines: Vec<&str> = text.split('\n').collect();
    prop_assert!(found.has_errors());
    for one in &found.diagnostics {
        let spans = one.related.iter().map(|other| other.span).chain([one.span]);
        for span in spans {
            prop_assert!((1..=lines.len()).contains(&span.line), "{one:?}");
            let width = lines[span.line - 1].chars().count();
            prop_assert!((1..=width + 1).contains(&span.column) && span.length >= 1, "{one:?}");
            prop_assert!(span.column + span.length <= width + 2, "{one:?}");
        }
        prop_assert!(!one.message.is_empty() && !one.message.contains('\n'), "{one:?}");
    }
    prop_assert!(!found.render(false).is_empty());
    Ok(())
}

/// A workflow with those needs; the first migrator needs nothing but its settings.
fn workflow(needs: &[Vec<usize>]) -> String {
    let mut text =
        "apiVersion: gateshift/v1\nname: graph\nconnections: { source: { uses: cloud/old } }\nsteps:\n"
            .to_owned();
    for (step, needed) in needs.iter().enumerate() {
        let needed: Vec<String> = needed.iter().map(|need| format!("s{need}")).collect();
        let _ = writeln!(
            text,
            "  s{step}: {{ uses: read, needs: [{}], with: {{ gateway: g }} }}",
            needed.join(", ")
        );
    }
    text
}

/// Needs that only point to earlier steps, the steps then shuffled.
fn dag() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1usize..10)
        .prop_flat_map(|n| {
            let picks = prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), n);
            (picks, Just((0..n).collect::<Vec<_>>()).prop_shuffle())
        })
        .prop_map(|(picks, places)| {
            let mut needs = vec![Vec::new(); places.len()];
            for (step, picks) in picks.into_iter().enumerate().skip(1) {
                let mut needed: Vec<usize> = picks.iter().map(|pick| places[pick.index(step)]).collect();
                needed.sort_unstable();
                needed.dedup();
                needs[places[step]] = needed;
            }
            needs
        })
}

/// A path of needs from one step to another, that step included.
fn reaches(needs: &[Vec<usize>], from: usize, to: usize) -> bool {
    from == to || needs[from].iter().any(|&next| reaches(needs, next, to))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_without_circles_are_put_in_order(needs in dag()) {
        let run = check_text(&workflow(&needs), &[]).unwrap().definition;
        prop_assert_eq!(run.steps.len(), needs.len());
        for (place, step) in run.steps.iter().enumerate() {
            for need in &step.needs {
                prop_assert!(run.steps[..place].iter().any(|before| &before.name == need));
            }
            let index: usize = step.name.as_str()[1..].parse().unwrap();
            let named: Vec<String> = needs[index].iter().map(|need| format!("s{need}")).collect();
            let kept: Vec<&str> = step.needs.iter().map(gateshift_model::StepName::as_str).collect();
            prop_assert_eq!(kept, named);
        }
    }

    #[test]
    fn a_back_edge_names_exactly_a_circle(needs in dag(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let step = from.index(needs.len());
        let ancestors: Vec<usize> = (0..needs.len()).filter(|&other| reaches(&needs, step, other)).collect();
        let mut needs = needs;
        let ancestor = ancestors[to.index(ancestors.len())];
        needs[ancestor].push(step);
        let text = workflow(&needs);
        let found = check_text(&text, &[]).unwrap_err();
        assert_sound(&text, &found)?;
        let circles: Vec<_> = found.diagnostics.iter().filter(|one| one.code == "GS-WF-CYCLE").collect();
        prop_assert_eq!(circles.len(), 1);
        let message = &circles[0].message;
        let named: Vec<usize> = match message.strip_prefix("steps wait for each other: ") {
            Some(path) => path.split(" -> ").map(|name| name[1..].parse().unwrap()).collect(),
            None => vec![ancestor, ancestor],
        };
        prop_assert_eq!(named.first(), named.last());
        for pair in named.windows(2) {
            prop_assert!(needs[pair[0]].contains(&pair[1]), "{}", message);
        }
        let mut once = named[1..].to_vec();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), named.len() - 1);
        prop_assert_eq!(circles[0].related.len() + 1, named.len() - 1, "each need of the circle has its place");
    }

    #[test]
    fn damage_never_panics_and_is_always_placed(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, any::<prop::sample::Index>(), "[ -~é\t]{0,6}"), 1..4)
    ) {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        for (at, what, other, insert) in damage {
            let count = lines.len();
            let at = at.index(count);
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[other.index(count)].clone()),
                2 => lines.swap(at, other.index(count)),
                3 => lines[at] = format!("{}{}", &insert, lines[at]),
                4 => lines[at] = lines[at].replacen(|c: char| c.is_alphabetic(), &insert, 1),
                _ => {
                    let cut = other.index(lines[at].len() + 1);
                    lines[at].insert_str(cut, &insert);
                }
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        let text = lines.join("\n");
        if let Err(found) = check_text(&text, &[]) {
            assert_sound(&text, &found)?;
        }
    }

    #[test]
    fn no_text_panics(text in "[-\\[\\]{}:,#&*!|>'\"%@`$ \n\ta-c0-9é~?]{0,60}") {
        if let Err(found) = check_text(&text, &[]) {
            assert_sound(&text, &found)?;
        }
    }
}

/// Checks a hostile text: refused, quickly, and with few words.
fn refuse(text: &str, code: &str) {
    let began = Instant::now();
    let found = check_text(text, &[]).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(10), "{code}: {:?}", began.elapsed());
    assert!(
        found.diagnostics.iter().any(|one| one.code == code),
        "{}",
        found.render(false).chars().take(2000).collect::<String>()
    );
    assert!(found.render(false).len() < 200_000);
    assert_sound(text, &found).unwrap();
}

#[test]
fn hostile_files_are_refused_quickly() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let repeated = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{level}: &a{level} [{repeated}]");
    }
    refuse(&laughs, "GS-WF-TOO-LARGE");
    refuse(&"x".repeat(2 << 20), "GS-WF-TOO-LARGE");
    refuse(&"- ".repeat(500_000), "GS-WF-TOO-LARGE");
    refuse(&format!("a: {}", "[".repeat(100_000)), "GS-WF-YAML");
    let many: String = (0..60_000).map(|n| format!("k{n}: 1\n")).collect();
    refuse(&many, "GS-WF-TOO-LARGE");
    let unknown: String = (0..20_000).map(|n| format!("stepz{n}: 1\n")).collect();
    refuse(&unknown, "GS-WF-UNKNOWN-KEY");
    let steps: String = (0..2_000).map(|n| format!("  s{n}: {{ uses: read }}\n")).collect();
    refuse(&format!("apiVersion: gateshift/v1\nname: n\nsteps:\n{steps}"), "GS-WF-TOO-LARGE");
    let steps: String = (0..1_000).map(|n| format!("  s{n}: {{ uses: read, needs: [t{n}] }}\n")).collect();
    refuse(&format!("apiVersion: gateshift/v1\nname: n\nsteps:\n{steps}"), "GS-WF-STEP-UNKNOWN");
    let long =
        format!("apiVersion: gateshift/v1\nname: n\nsteps:\n  {}: {{ uses: read }}\n", "k".repeat(900_000));
    refuse(&long, "GS-WF-YAML");
    let long = format!(
        "apiVersion: gateshift/v1\nname: {}\nsteps: {{ {}: {{ uses: read }} }}\n",
        "n".repeat(900_000),
        "k".repeat(1000)
    );
    refuse(&long, "GS-WF-NAME");
    refuse(
        &format!(
            "apiVersion: gateshift/v1\nname: n\nsteps: {{ a: {{ uses: read, with: {{ gateway: \"{}\" }} }} }}\n",
            "${{ x }}".repeat(100_000)
        ),
        "GS-WF-EXPRESSION",
    );
}

#[test]
fn a_thousand_steps_are_checked_quickly() {
    let needs: Vec<Vec<usize>> =
        (0..1000).map(|step: usize| step.checked_sub(1).into_iter().collect()).collect();
    let began = Instant::now();
    let run = check_text(&workflow(&needs), &[]).unwrap().definition;
    assert_eq!(run.steps.len(), 1000);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
