//! A disk without space for the journal: the run stops and says so, loses nothing, and goes on once
//! there is space.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, configured};

/// A small disk in memory, taken away with its owner.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// Nothing when the machine does not let us mount one.
    fn mount(folder: &'a Path, size: &str) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder);
        mount.output().is_ok_and(|ended| ended.status.success()).then_some(Self(folder))
    }

    fn grow(&self, size: &str) {
        let grown = Command::new("mount").args(["-o", &format!("remount,size={size}")]).arg(self.0).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_run_and_space_lets_it_go_on() {
    let desk = Desk::new();
    let folder = desk.path("disk");
    let Some(disk) = Disk::mount(&folder, "700k") else {
        println!("skipped: this machine lets nobody mount a small disk");
        return;
    };
    let lab = Lab::up(&["--routes", "60", "--speed", "240"]);
    let store = folder.join("journal.db").display().to_string();
    let mut arguments = configured(&desk, &lab);
    arguments.extend(["--store".to_owned(), store.clone()]);
    let ended = desk.start(&arguments).wait(Duration::from_secs(90));
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("error[GS-JOURNAL-FULL]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("free space"), "{}", ended.stderr);
    disk.grow("64m");
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let ended = desk
        .start(&["resume", "--store", &store, "--endpoints", &endpoints])
        .wait(Duration::from_secs(90))
        .expect(0);
    assert!(ended.stdout.contains("done"), "{}", ended.stdout);
    let routes = lab.state()["apig"]["routes"].as_array().unwrap().len();
    assert!(routes > 50, "{routes} routes");
    let calls = desk.run(&["history", "--json", "--calls", "--store", &store]).expect(0).json();
    let calls = calls["events"].as_array().unwrap();
    assert!(calls.windows(2).all(|pair| pair[1]["previous"] == pair[0]["hash"]), "the history is whole");
}
