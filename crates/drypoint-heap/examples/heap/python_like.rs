//! A heap shaped like a Python process's: modules with dictionaries of functions and classes, instances with a class and
//! a dictionary, keys that are shared strings, many leaves that one container holds, a few huge lists, references back
//! up, and small rings of garbage. Nodes are numbered as a walker meets them.

use drypoint_heap::{Graph, GraphBuilder, Node, NodeId};

const MODULES: u32 = 300;
const CLASSES: u32 = 2_000;
const NAMES: u32 = 5_000;

#[derive(Clone, Copy)]
enum Kind {
    Module = 1,
    Class,
    Leaf,
    Dict,
    Instance,
    List,
    HugeList,
    Tuple,
    Function,
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (((self.0 >> 32) * u64::from(bound)) >> 32) as u32
    }
}

struct Walk {
    builder: GraphBuilder,
    kinds: Vec<Kind>,
    random: Random,
    limit: u32,
}

pub(crate) fn heap(nodes: u32) -> Graph {
    let builder = GraphBuilder::with_capacity(nodes as usize, 5 * nodes as usize / 2);
    let limit = (nodes - nodes / 50).max(MODULES + CLASSES + NAMES);
    let mut walk = Walk { builder, kinds: Vec::new(), random: Random(0x9E37_79B9_7F4A_7C15), limit };
    for _ in 0..MODULES {
        let module = walk.meet(Kind::Module);
        walk.builder.add_root(module, 1).unwrap();
    }
    for _ in 0..CLASSES {
        walk.meet(Kind::Class);
    }
    for _ in 0..NAMES {
        walk.meet(Kind::Leaf);
    }
    let mut node = 0;
    while node < walk.kinds.len() as NodeId {
        walk.visit(node);
        node += 1;
        // Whatever is still missing hangs in one more list: few heaps are all below their modules.
        if node == walk.kinds.len() as NodeId && node < limit {
            let list = walk.meet(Kind::List);
            walk.builder.add_root(list, 2).unwrap();
        }
    }
    while (walk.kinds.len() as u32) < nodes {
        walk.garbage();
    }
    walk.builder.finish().unwrap()
}

impl Walk {
    fn meet(&mut self, kind: Kind) -> NodeId {
        let shallow = match kind {
            Kind::Leaf => 28 + u64::from(self.random.below(64)),
            Kind::HugeList => 800_056,
            Kind::Module | Kind::Class => 1_064,
            _ => 48 + 8 * u64::from(self.random.below(24)),
        };
        self.kinds.push(kind);
        let site = self.random.below(5_000);
        self.builder.add_node(Node { shallow, kind: kind as u32, site, key: 0 }).unwrap()
    }

    fn refer(&mut self, source: NodeId, target: NodeId, label: u32) {
        self.builder.add_edge(source, target, label).unwrap();
    }

    fn class(&mut self) -> NodeId {
        MODULES + self.random.below(CLASSES)
    }

    fn name(&mut self) -> NodeId {
        MODULES + CLASSES + self.random.below(NAMES)
    }

    /// A value in a container: mostly a leaf of its own, sometimes a container, sometimes something met before.
    fn value(&mut self, source: NodeId, label: u32) {
        let dice = self.random.below(100);
        let full = self.kinds.len() as u32 >= self.limit;
        let target = match dice {
            _ if full => self.random.below(self.kinds.len() as u32),
            0..36 => self.meet(Kind::Leaf),
            36..47 => self.meet(Kind::Instance),
            47..54 => self.meet(Kind::Tuple),
            54..59 => self.meet(Kind::List),
            59..64 => self.meet(Kind::Dict),
            64..66 => self.meet(Kind::Function),
            66..77 => self.name(),
            77..80 => self.class(),
            // A parent or something near it.
            80..92 => source - self.random.below(source.min(50) + 1),
            _ => self.random.below(self.kinds.len() as u32),
        };
        self.refer(source, target, label);
    }

    fn visit(&mut self, node: NodeId) {
        match self.kinds[node as usize] {
            Kind::Leaf => {}
            Kind::Module => {
                let dict = self.meet(Kind::Dict);
                self.refer(node, dict, 1);
                (0..40).for_each(|at| self.value(node, 2 + at));
                if node.is_multiple_of(64) {
                    let list = self.meet(Kind::HugeList);
                    self.refer(node, list, 60);
                }
            }
            Kind::Class => {
                let base = self.class();
                self.refer(node, base, 1);
                (0..6).for_each(|at| self.value(node, 2 + at));
            }
            Kind::Dict => {
                for _ in 0..3 + self.random.below(5) {
                    let label = self.name();
                    self.refer(node, label, label);
                    self.value(node, label);
                }
            }
            Kind::Instance => {
                let class = self.class();
                self.refer(node, class, 1);
                if self.random.below(2) == 0 && (self.kinds.len() as u32) < self.limit {
                    let dict = self.meet(Kind::Dict);
                    self.refer(node, dict, 2);
                } else {
                    self.value(node, 3);
                }
            }
            Kind::HugeList => {
                let items = self.limit / 100;
                (0..items).for_each(|_| self.value(node, 0));
            }
            Kind::List | Kind::Tuple => (0..1 + self.random.below(4)).for_each(|_| self.value(node, 0)),
            Kind::Function => {
                let module = self.random.below(MODULES);
                self.refer(node, module, 1);
                let name = self.name();
                self.refer(node, name, 2);
                self.value(node, 3);
            }
        }
    }

    /// An instance and its dictionary, which refer to each other and to living things.
    fn garbage(&mut self) {
        let instance = self.meet(Kind::Instance);
        let dict = self.meet(Kind::Dict);
        let leaf = self.meet(Kind::Leaf);
        let class = self.class();
        self.refer(instance, class, 1);
        self.refer(instance, dict, 2);
        self.refer(dict, instance, 3);
        self.refer(dict, leaf, 4);
    }
}
