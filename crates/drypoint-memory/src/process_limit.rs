//! What the process may use: the least of what its control groups, its own limits and the machine allow.
//!
//! A limit of a control group holds for all groups inside it, so every parent counts. Version 2 has one tree with
//! `memory.max`; version 1 a tree for memory alone, with `memory.limit_in_bytes`; a machine may have both.

use std::fs;
use std::path::{Path, PathBuf};

use crate::raw::{address_space_limit, physical_bytes};

/// Taken where a system tells nothing at all.
const ASSUMED: usize = 4 << 30;

/// Bytes that the process may use: the least of its control groups' limits, `RLIMIT_AS` and the physical memory.
pub fn process_limit() -> usize {
    [control_group_limit(Path::new("/")), address_space_limit(), physical_bytes()]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(ASSUMED)
}

/// The least limit of this process's control groups; `root` stands for `/`.
fn control_group_limit(root: &Path) -> Option<usize> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let (kind, file) = if controllers.is_empty() {
            (Tree::Unified, "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (Tree::Memory, "memory.limit_in_bytes")
        } else {
            return None;
        };
        let mount = mounts.lines().find_map(|line| Mount::parse(line, kind))?;
        least_limit(root, &mount, path, file)
    });
    limits.min()
}

#[derive(Clone, Copy, PartialEq)]
enum Tree {
    Unified,
    Memory,
}

/// Where a tree of groups is mounted, and which group is seen there as the top.
struct Mount<'a> {
    top: &'a str,
    point: &'a str,
}

impl<'a> Mount<'a> {
    /// A line of `mountinfo`: `31 23 0:28 /top /point options - type source options`.
    fn parse(line: &'a str, tree: Tree) -> Option<Self> {
        let (place, system) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (top, point) = (place.next()?, place.next()?);
        let mut system = system.split(' ');
        let (kind, options) = (system.next()?, system.nth(1).unwrap_or(""));
        let ours = match tree {
            Tree::Unified => kind == "cgroup2",
            Tree::Memory => kind == "cgroup" && options.split(',').any(|option| option == "memory"),
        };
        ours.then_some(Self { top, point })
    }
}

/// The least limit on the way from a group to the top of what is mounted.
fn least_limit(root: &Path, mount: &Mount, group: &str, file: &str) -> Option<usize> {
    let point = root.join(mount.point.trim_start_matches('/'));
    // In a container the group's path may be told from outside of what is mounted: look at the top then.
    let below = Path::new(group).strip_prefix(mount.top).unwrap_or(Path::new(""));
    let below: PathBuf =
        below.components().filter(|part| matches!(part, std::path::Component::Normal(_))).collect();
    below
        .ancestors()
        .filter_map(|group| fs::read_to_string(point.join(group).join(file)).ok())
        .filter_map(|limit| limit.trim().parse::<u64>().ok())
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    const UNIFIED: &str = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_tightest_parent_counts() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "proc/self/cgroup", "0::/user/shell\n");
        write(root.path(), "proc/self/mountinfo", UNIFIED);
        write(root.path(), "sys/fs/cgroup/user/memory.max", "1000\n");
        write(root.path(), "sys/fs/cgroup/user/shell/memory.max", "max\n");
        assert_eq!(control_group_limit(root.path()), Some(1000));
        write(root.path(), "sys/fs/cgroup/user/shell/memory.max", "900\n");
        assert_eq!(control_group_limit(root.path()), Some(900));
    }

    #[test]
    fn version_one_and_two_side_by_side() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "proc/self/cgroup", "8:pids:/\n4:cpu,memory:/jobs/7\n0::/\n");
        let memory = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        write(
            root.path(),
            "proc/self/mountinfo",
            &format!("1 1 0:1 / / rw - ext4 /dev/a rw\n{memory}{UNIFIED}"),
        );
        write(root.path(), "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write(root.path(), "sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes", "4096\n");
        assert_eq!(control_group_limit(root.path()), Some(4096));
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_top() {
        let root = tempfile::tempdir().unwrap();
        let mount = "31 23 0:28 /outer/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        write(root.path(), "proc/self/mountinfo", mount);
        write(root.path(), "sys/fs/cgroup/memory.max", "77");
        for path in ["/outer/box", "/", "/../elsewhere"] {
            write(root.path(), "proc/self/cgroup", &format!("0::{path}\n"));
            assert_eq!(control_group_limit(root.path()), Some(77), "{path}");
        }
    }

    #[test]
    fn nothing_told_is_no_limit() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(control_group_limit(root.path()), None);
        write(root.path(), "proc/self/cgroup", "rubbish\n0::\n::::\n");
        write(root.path(), "proc/self/mountinfo", "rubbish\n - \n");
        assert_eq!(control_group_limit(root.path()), None);
    }

    #[test]
    fn this_process_may_use_something() {
        assert!(process_limit() > 1 << 20);
    }
}
