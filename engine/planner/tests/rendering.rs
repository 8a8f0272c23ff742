//! How mistakes look, for people and for programs; and what must not be seen.

mod common;

use common::{GOOD, check_text};

#[test]
fn a_mistake_shows_its_line_its_place_and_its_fix() {
    let text = GOOD
        .replace("needs: [build]", "needs: [biuld]")
        .replace("\n  read:\n    uses: read", "\n  read:\n    needs: [build]\n    uses: read");
    let shown = check_text(&text, &[]).unwrap_err().render(false);
    let expected = "\
error[GS-WF-STEP-UNKNOWN]: there is no step `biuld`
  --> file.yaml:17:13
   |
17 |     needs: [biuld]
   |             ^^^^^
fix: did you mean `build`?

error[GS-WF-CYCLE]: steps wait for each other: read -> build -> read
  --> file.yaml:25:13
   |
25 |     needs: [build]
   |             ^^^^^
   = `build` needs `read`
  --> file.yaml:30:13
   |
30 |     needs: [read]
   |             ^^^^
fix: remove one of these needs

";
    assert_eq!(shown, expected);
}

#[test]
fn colours_add_nothing_but_escapes() {
    let found = check_text(&GOOD.replace("uses: build", "uses: biuld"), &[]).unwrap_err();
    let plain = found.render(false);
    let colored = found.render(true);
    assert!(colored.contains("\x1b[1;31merror[GS-WF-MIGRATOR-UNKNOWN]\x1b[0m"));
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some(start) = rest.find('\x1b') {
        stripped.push_str(&rest[..start]);
        rest = &rest[start + rest[start..].find('m').unwrap() + 1..];
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
    assert!(!plain.contains('\x1b'));
}

#[test]
fn json_has_every_part() {
    let found = check_text(&GOOD.replace("50%, 100%", "50, 100%"), &[]).unwrap_err();
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["file"], "file.yaml");
    let one = &json["diagnostics"][0];
    assert_eq!((&one["code"], &one["severity"]), (&"GS-WF-UNIT".into(), &"error".into()));
    assert_eq!(one["span"], serde_json::json!({"line": 19, "column": 20, "length": 2}));
    assert_eq!(one["fix"], "write `50%`");
}

#[test]
fn secrets_are_blotted_out_wherever_a_line_is_shown() {
    for (place, broken) in [
        ("credentials: { profile: main }", "credentials: { accessKeySecret: planted }"),
        ("credentials: { profile: main }", "credentials: { profil: x, password: 'planted' }"),
        ("credentials: { profile: main }", "credentials: planted"),
        ("credentials: { profile: main }", "credentials:\n      token: |\n        planted\n        planted"),
        ("credentials: { profile: main }", "with: { headers: { api-key: planted }, regoin: x }"),
        ("credentials: { profile: main }", "credentials: { accessKeySecret: planted, a: b: c }"),
    ] {
        let found = check_text(&GOOD.replace(place, broken), &[]).unwrap_err();
        assert!(!found.is_empty());
        for shown in [found.render(true), serde_json::to_string(&found).unwrap(), format!("{found:?}")] {
            assert!(!shown.contains("planted"), "{broken}: {shown}");
        }
    }
}

#[test]
fn the_terminal_never_obeys_the_file() {
    let found = check_text(&GOOD.replace("name: good", "name: \"\\e[2J\u{202e}x\""), &[("\x1b[31m", "x")])
        .unwrap_err();
    let shown = found.render(false);
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
}
