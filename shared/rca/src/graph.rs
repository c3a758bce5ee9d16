//! The call graph over indices: who calls whom, what lies below the alarm, and how far.
//!
//! Entry type: [`Graph`]. Invariant: built from a sorted set of ids, so that the order of the input cannot matter;
//! self-calls are dropped, cycles are allowed.
//!
//! ```
//! use rca::evidence::{Call, Evidence};
//! use rca::graph::Graph;
//! let e = Evidence { calls: vec![Call { caller: "web".into(), callee: "db".into() }], ..Evidence::default() };
//! let g = Graph::of(&e);
//! assert_eq!(g.len(), 2);
//! assert_eq!(g.depths(g.index("web")), vec![Some(1), Some(0)]);
//! ```

use std::collections::{BTreeSet, VecDeque};

use crate::evidence::{Evidence, NodeKind};

/// Nodes by index, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    ids: Vec<String>,
    kinds: Vec<NodeKind>,
    callees: Vec<Vec<usize>>,
    callers: Vec<Vec<usize>>,
}

impl Graph {
    /// Every node that the evidence mentions.
    #[must_use]
    pub fn of(evidence: &Evidence) -> Self {
        let mut ids: BTreeSet<&str> = evidence.nodes.iter().map(|n| n.id.as_str()).collect();
        ids.extend(evidence.calls.iter().flat_map(|c| [c.caller.as_str(), c.callee.as_str()]));
        ids.extend(evidence.series.iter().map(|s| s.node.as_str()));
        ids.extend(evidence.target.iter().map(|t| t.node.as_str()));
        ids.extend(evidence.changes.iter().map(|c| c.node.as_str()));
        ids.extend(evidence.logs.iter().map(|l| l.node.as_str()));
        ids.extend(evidence.findings.iter().map(|f| f.node.as_str()));
        ids.extend(evidence.gaps.iter().filter_map(|g| g.node.as_deref()));
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let mut graph = Self {
            kinds: vec![NodeKind::Instrumented; ids.len()],
            callees: vec![Vec::new(); ids.len()],
            callers: vec![Vec::new(); ids.len()],
            ids,
        };
        for node in &evidence.nodes {
            if node.kind == NodeKind::Inferred
                && let Some(kind) = graph.index(&node.id).and_then(|i| graph.kinds.get_mut(i))
            {
                *kind = node.kind;
            }
        }
        let edges: BTreeSet<(usize, usize)> = evidence
            .calls
            .iter()
            .filter_map(|c| Some((graph.index(&c.caller)?, graph.index(&c.callee)?)))
            .filter(|(caller, callee)| caller != callee)
            .collect();
        for (caller, callee) in edges {
            if let Some(list) = graph.callees.get_mut(caller) {
                list.push(callee);
            }
            if let Some(list) = graph.callers.get_mut(callee) {
                list.push(caller);
            }
        }
        graph
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether any call is known.
    #[must_use]
    pub fn has_calls(&self) -> bool {
        self.callees.iter().any(|c| !c.is_empty())
    }

    /// The index of an id.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<usize> {
        self.ids.binary_search_by(|probe| probe.as_str().cmp(id)).ok()
    }

    /// The id at an index; empty when out of range.
    #[must_use]
    pub fn id(&self, index: usize) -> &str {
        self.ids.get(index).map_or("", String::as_str)
    }

    /// How the node is known.
    #[must_use]
    pub fn kind(&self, index: usize) -> NodeKind {
        self.kinds.get(index).copied().unwrap_or_default()
    }

    /// Whom a node calls.
    #[must_use]
    pub fn callees(&self, index: usize) -> &[usize] {
        self.callees.get(index).map_or(&[], Vec::as_slice)
    }

    /// Who calls a node.
    #[must_use]
    pub fn callers(&self, index: usize) -> &[usize] {
        self.callers.get(index).map_or(&[], Vec::as_slice)
    }

    /// Which nodes reach this one by calls; it does itself.
    #[must_use]
    pub fn above(&self, node: usize) -> Vec<bool> {
        let mut above = vec![false; self.len()];
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            if let Some(seen @ false) = above.get_mut(next) {
                *seen = true;
                open.extend(self.callers(next));
            }
        }
        above
    }

    /// Calls between the start and each node; `None` for what cannot be reached from it.
    #[must_use]
    pub fn depths(&self, start: Option<usize>) -> Vec<Option<usize>> {
        let mut depths = vec![None; self.len()];
        let mut queue = VecDeque::new();
        if let Some(start) = start
            && let Some(depth) = depths.get_mut(start)
        {
            *depth = Some(0);
            queue.push_back((start, 0));
        }
        while let Some((node, depth)) = queue.pop_front() {
            for &next in self.callees(node) {
                if let Some(slot @ None) = depths.get_mut(next) {
                    *slot = Some(depth + 1);
                    queue.push_back((next, depth + 1));
                }
            }
        }
        depths
    }
}
