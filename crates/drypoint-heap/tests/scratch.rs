//! What an algorithm says beforehand that it needs is what the system sees it take, measured in a child process for each.
#![cfg(target_os = "linux")]

use std::process::Command;

use drypoint_heap::{
    Components, Cycles, DominatorTree, Everything, Graph, GraphBuilder, HolderIndex, Node, component_scratch,
    cycle_scratch, holder_scratch, retained_scratch,
};

const NODES: u32 = 1_000_000;

/// Stacks, tables of groups, and pages that are touched in part.
const SLACK: usize = 1 << 20;

const CASE: &str = "DRYPOINT_HEAP_CASE";

fn graph(shape: &str) -> Graph {
    let mut random = 1_u64;
    let mut below = |bound: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((random >> 32) * u64::from(bound)) >> 32) as u32
    };
    let edges_per_node = if shape == "random" { 3 } else { 1 };
    let mut builder = GraphBuilder::with_capacity(NODES as usize, (edges_per_node * NODES) as usize);
    for _ in 0..NODES {
        builder.add_node(Node { shallow: 64, kind: 1, ..Node::default() }).unwrap();
    }
    builder.add_root(0, 0).unwrap();
    for node in 0..NODES {
        match shape {
            "chain" if node + 1 < NODES => builder.add_edge(node, node + 1, 0).unwrap(),
            // The search comes back from the end of the chain, which has to be compressed whole.
            "chain" => builder.add_edge(node, 1, 0).unwrap(),
            "star" => builder.add_edge(0, node, 0).unwrap(),
            "garbage" => builder.add_edge(node, node ^ 1, 0).unwrap(),
            _ => (0..below(6)).for_each(|_| builder.add_edge(node, below(NODES), 0).unwrap()),
        }
    }
    builder.finish().unwrap()
}

/// A line of this process's status, in bytes.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    1024 * line.split_whitespace().next().unwrap().parse::<usize>().unwrap()
}

#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let case = std::env::var(CASE).expect("the test below says what to measure");
    let (algorithm, shape) = case.split_once(' ').unwrap();
    let graph = graph(shape);
    let (nodes, edges, roots) = (graph.node_count(), graph.edge_count(), graph.roots().len());
    let tree = (algorithm == "cycles").then(|| DominatorTree::new(&graph));
    let before = status("VmRSS:");
    let said = match algorithm {
        "retained" => {
            std::hint::black_box(DominatorTree::new(&graph));
            retained_scratch(nodes, edges + roots)
        }
        "holders" => {
            std::hint::black_box(HolderIndex::new(&graph, &Everything));
            holder_scratch(nodes, edges, roots)
        }
        "components" => {
            std::hint::black_box(Components::new(&graph));
            component_scratch(nodes)
        }
        _ => {
            let cycles = Cycles::new(&graph, tree.as_ref().unwrap());
            cycle_scratch(nodes, edges + roots) + size_of_val(cycles.all())
        }
    };
    println!("measured {} {} {said} {}", nodes, graph.bytes(), status("VmHWM:") - before);
}

#[test]
fn what_is_said_is_enough_and_not_far_from_it() {
    for algorithm in ["retained", "holders", "components", "cycles"] {
        let mut most: f64 = 0.0;
        for shape in ["random", "chain", "star", "garbage"] {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "child", "--ignored", "--nocapture"])
                .env(CASE, format!("{algorithm} {shape}"))
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&child.stdout);
            let line = text
                .lines()
                .find_map(|line| line.split_once("measured "))
                .unwrap_or_else(|| panic!("{child:?}"))
                .1;
            let numbers: Vec<usize> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
            let [nodes, graph, said, taken] = numbers[..] else { panic!("{line}") };
            println!("{algorithm:>10} {shape:>8}: said {said}, taken {taken}, graph {graph}");
            assert!(taken <= said + SLACK, "{algorithm} of a {shape} took {taken} B, said {said} B");
            most = most.max(taken as f64 / said as f64);
            assert!(
                graph + said < 150 * nodes,
                "{algorithm} of a {shape}: {} B a node",
                (graph + said) / nodes
            );
        }
        assert!(most > 0.6, "{algorithm} never takes more than {most} of what it says");
    }
}
