//! Which users run on which node.
//!
//! In: starts and stops, one user at a time. Out: counts per node and class. A node is
//! a process that runs users: the local one, or a worker.

use std::collections::HashMap;

/// Counts of users per node and class, and the order in which they were started.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    nodes: Vec<String>,
    counts: Vec<Vec<usize>>,
    started: Vec<(usize, usize)>,
    next_node: usize,
    classes: usize,
}

impl Placement {
    /// Nobody yet, on these nodes, which take users in this order.
    pub(crate) fn new(nodes: Vec<String>, classes: usize) -> Self {
        let counts = vec![vec![0; classes]; nodes.len()];
        Self {
            nodes,
            counts,
            started: Vec::new(),
            next_node: 0,
            classes,
        }
    }

    /// The same classes on other nodes, without any user.
    pub(crate) fn emptied(&self, nodes: Vec<String>) -> Self {
        Self::new(nodes, self.classes)
    }

    /// Node names in the order of [`Placement::counts`].
    pub(crate) fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Users per node, then per class.
    pub(crate) fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// Users on all nodes.
    pub(crate) fn total(&self) -> usize {
        self.started.len()
    }

    /// Users of one class on all nodes.
    pub(crate) fn of_class(&self, class: usize) -> usize {
        self.counts.iter().map(|node| node[class]).sum()
    }

    /// One more user of `class`, on the next node in turn.
    pub(crate) fn start(&mut self, class: usize) {
        let node = self.next_node;
        self.counts[node][class] += 1;
        self.started.push((node, class));
        self.next_node = (node + 1) % self.nodes.len();
    }

    /// The user started last is gone.
    pub(crate) fn stop_last(&mut self) {
        if let Some((node, class)) = self.started.pop() {
            self.counts[node][class] -= 1;
        }
    }
}

/// Node names ordered so that one after the other lands on different hosts: the first
/// node of every host, then the second of every host … A node's host is its name up to
/// the first underscore.
pub(crate) fn spread_over_hosts(mut nodes: Vec<String>) -> Vec<String> {
    nodes.sort();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut ranked: Vec<(usize, String)> = nodes
        .into_iter()
        .map(|node| {
            let host = node.split('_').next().unwrap_or_default().to_owned();
            let rank = seen.entry(host).or_default();
            *rank += 1;
            (*rank, node)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, node)| node).collect()
}
