//! Times every algorithm on a made-up heap: `cargo run --release -p drypoint-heap --example heap -- 1000000`.
//!
//! With `rivals` as a second argument, the dominators are computed by the methods that were not chosen as well.

mod python_like;
mod rivals;

use std::time::Instant;

use drypoint_heap::{
    Components, Cycles, DominatorTree, Everything, Graph, Holder, HolderIndex, component_scratch,
    group_by_kind_and_label, group_by_kind_and_site, holder_scratch, retained_by, retained_scratch,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let nodes =
        arguments.next().map_or(1_000_000, |text| text.replace('_', "").parse().expect("a number of nodes"));
    let graph = timed("build", || python_like::heap(nodes));
    let per_node = |bytes: usize| bytes as f64 / graph.node_count() as f64;
    println!("{} nodes, {} edges, {} roots", graph.node_count(), graph.edge_count(), graph.roots().len());
    println!("graph             {:6.1} B/node", per_node(graph.bytes()));
    let entries = graph.edge_count() + graph.roots().len();
    println!(
        "retained scratch  {:6.1} B/node at most",
        per_node(retained_scratch(graph.node_count(), entries))
    );
    let tree = timed("dominator tree", || DominatorTree::new(&graph));
    println!("dominator tree    {:6.1} B/node", per_node(tree.bytes()));
    println!("live {} B, unreachable {} B", tree.live_bytes(), tree.unreachable_bytes());
    let groups = timed("groups by kind and site", || group_by_kind_and_site(&graph, &tree));
    println!("{} groups", groups.len());
    timed("groups by kind and holder's label", || group_by_kind_and_label(&graph, &tree));
    let every_hundredth = || graph.nodes().step_by(100);
    let freed =
        timed("retained by a hundredth of all nodes", || retained_by(&graph, &tree, every_hundredth()));
    println!("{} nodes, {} B", freed.node_count(), freed.bytes());

    println!(
        "holder scratch    {:6.1} B/node at most",
        per_node(holder_scratch(graph.node_count(), graph.edge_count(), graph.roots().len()))
    );
    let index = timed("holder index", || HolderIndex::new(&graph, &Everything));
    println!("holder index      {:6.1} B/node", per_node(index.bytes()));
    let asked = || graph.nodes().step_by(graph.node_count() / 1000);
    let chains = timed("3 chains to each of 1000 nodes", || {
        asked().map(|node| index.chains(node, 3).len()).sum::<usize>()
    });
    println!("{chains} chains");

    println!("component scratch {:6.1} B/node at most", per_node(component_scratch(graph.node_count())));
    let components = timed("components", || Components::new(&graph));
    println!("components        {:6.1} B/node", per_node(components.bytes()));
    drop(components);
    let cycles = timed("unreachable cycles", || Cycles::unreachable(&graph, &tree));
    println!("{} unreachable cycles", cycles.all().len());
    let cycles = timed("all cycles", || Cycles::new(&graph, &tree));
    println!("{} cycles, the largest of {} nodes", cycles.all().len(), cycles.all()[0].nodes);
    timed("a ring in each", || {
        cycles.all().iter().map(|cycle| cycles.short_ring(cycle, 1).len()).sum::<usize>()
    });

    if arguments.next().as_deref() == Some("rivals") {
        compare("python-like heap", &graph);
        for items in [1_000, 10_000, 50_000] {
            compare(&format!("list of {items} to {items} shared"), &rivals::list_to_shared(items));
        }
    }
}

fn compare(name: &str, graph: &Graph) {
    println!("-- {name}");
    let tree = timed("ours, whole tree", || DominatorTree::new(graph));
    let space = timed("rivals' tree and reverse edges", || rivals::Space::new(graph));
    let semi_nca = timed("semi-NCA, dominators only", || space.semi_nca());
    let chk = timed("Cooper-Harvey-Kennedy, dominators only", || space.cooper_harvey_kennedy());
    for (dominators, method) in [(semi_nca, "semi-NCA"), (chk, "Cooper-Harvey-Kennedy")] {
        for node in graph.nodes().filter(|&node| tree.is_reachable(node)) {
            let expected = match tree.holder(node) {
                Holder::Node(holder) => space.number_of(holder),
                _ => 0,
            };
            assert_eq!(dominators[space.number_of(node) as usize], expected, "{method}, node {node}");
        }
    }
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{name:<40} {:8.1} ms   resident {} MB", start.elapsed().as_secs_f64() * 1e3, resident_mb());
    result
}

/// What the system says now and at most so far; "?" where it does not say.
fn resident_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    match (field("VmRSS:"), field("VmHWM:")) {
        (Some(now), Some(peak)) => format!("{} (peak {})", now / 1000, peak / 1000),
        _ => "?".into(),
    }
}
