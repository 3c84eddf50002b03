//! Names of columns must differ, whatever the file says.

use std::collections::{HashMap, HashSet};

/// Unique names: an empty one becomes `Unnamed: 3`, a second `a` becomes `a.1`, as in pandas.
pub(crate) fn unique_names(names: Vec<String>) -> Vec<String> {
    let given: HashSet<String> = names.iter().cloned().collect();
    let mut taken = HashSet::with_capacity(names.len());
    let mut repeats = HashMap::<String, usize>::new();
    let mut unique = Vec::with_capacity(names.len());
    for (place, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() { format!("Unnamed: {place}") } else { name };
        let mut candidate = name.clone();
        let repeat = repeats.entry(name.clone()).or_insert(0);
        while taken.contains(&candidate) || (candidate != name && given.contains(&candidate)) {
            *repeat += 1;
            candidate = format!("{name}.{repeat}");
        }
        taken.insert(candidate.clone());
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_pandas() {
        let unique = |names: &[&str]| unique_names(names.iter().map(|name| name.to_string()).collect());
        assert_eq!(unique(&["a", "a", "b", "a"]), ["a", "a.1", "b", "a.2"]);
        assert_eq!(unique(&["", "x", ""]), ["Unnamed: 0", "x", "Unnamed: 2"]);
        assert_eq!(unique(&["a", "a.1", "a"]), ["a", "a.1", "a.2"]);
        assert_eq!(unique(&["a", "a", "a.1"]), ["a", "a.2", "a.1"]);
    }
}
