//! The order of steps, the circles in them, and who comes before whom.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

/// Steps by their place in the file; an edge goes from a step to each that needs it.
pub(crate) struct StepGraph {
    graph: DiGraph<(), ()>,
}

impl StepGraph {
    /// `needs[i]` are the steps that step `i` needs.
    pub(crate) fn new(needs: &[Vec<usize>]) -> Self {
        let mut graph = DiGraph::new();
        let nodes: Vec<NodeIndex> = needs.iter().map(|_| graph.add_node(())).collect();
        for (step, needed) in needs.iter().enumerate() {
            for &before in needed {
                graph.update_edge(nodes[before], nodes[step], ());
            }
        }
        Self { graph }
    }

    /// Each step after all it needs, otherwise as in the file. Steps in or behind a circle are left out.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self
            .graph
            .node_indices()
            .map(|node| self.graph.neighbors_directed(node, Direction::Incoming).count())
            .collect();
        let mut ready: BinaryHeap<_> =
            self.graph.node_indices().filter(|node| waiting[node.index()] == 0).map(Reverse).collect();
        let mut order = Vec::new();
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node.index());
            for next in self.graph.neighbors(node) {
                waiting[next.index()] -= 1;
                if waiting[next.index()] == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
        order
    }

    /// One shortest circle out of each group of steps that wait for each other, as a list in which
    /// each step needs the next one and the last needs the first. It begins with the step that the
    /// file names first.
    pub(crate) fn cycles(&self) -> Vec<Vec<usize>> {
        let mut cycles: Vec<_> = petgraph::algo::tarjan_scc(&self.graph)
            .into_iter()
            .filter_map(|group| {
                let alone = group.len() == 1 && !self.graph.contains_edge(group[0], group[0]);
                if alone { None } else { self.shortest_cycle(&group) }
            })
            .collect();
        cycles.sort();
        cycles
    }

    fn shortest_cycle(&self, group: &[NodeIndex]) -> Option<Vec<usize>> {
        let inside: BTreeSet<NodeIndex> = group.iter().copied().collect();
        let start = *inside.first()?;
        let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            let mut needed: Vec<_> = self.graph.neighbors_directed(node, Direction::Incoming).collect();
            needed.sort();
            for next in needed.into_iter().filter(|next| inside.contains(next)) {
                if next == start {
                    return Some(path_to(node, start, &came_from));
                }
                if let Entry::Vacant(entry) = came_from.entry(next) {
                    entry.insert(node);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// All steps that come before this one.
    pub(crate) fn ancestors(&self, step: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut stack = vec![NodeIndex::new(step)];
        while let Some(node) = stack.pop() {
            for before in self.graph.neighbors_directed(node, Direction::Incoming) {
                if seen.insert(before.index()) {
                    stack.push(before);
                }
            }
        }
        seen
    }
}

fn path_to(end: NodeIndex, start: NodeIndex, came_from: &HashMap<NodeIndex, NodeIndex>) -> Vec<usize> {
    let mut path = vec![end.index()];
    let mut node = end;
    while node != start
        && let Some(before) = came_from.get(&node)
    {
        path.push(before.index());
        node = *before;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::StepGraph;

    /// Needs that only point to earlier steps, then the steps shuffled.
    fn dag() -> impl Strategy<Value = Vec<Vec<usize>>> {
        (1usize..14)
            .prop_flat_map(|n| {
                (
                    prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), n),
                    Just((0..n).collect::<Vec<_>>()).prop_shuffle(),
                )
            })
            .prop_map(|(picks, places)| {
                let mut needs = vec![Vec::new(); places.len()];
                for (step, picks) in picks.into_iter().enumerate().skip(1) {
                    needs[places[step]] = picks.iter().map(|pick| places[pick.index(step)]).collect();
                }
                needs
            })
    }

    proptest! {
        #[test]
        fn every_step_comes_after_its_needs_and_early_ones_first(needs in dag()) {
            let graph = StepGraph::new(&needs);
            let order = graph.order();
            prop_assert_eq!(order.len(), needs.len());
            prop_assert!(graph.cycles().is_empty());
            let place = |step: usize| order.iter().position(|&other| other == step).unwrap();
            for (step, needed) in needs.iter().enumerate() {
                for &before in needed {
                    prop_assert!(place(before) < place(step));
                    prop_assert!(graph.ancestors(step).contains(&before));
                }
            }
            for pair in order.windows(2) {
                // A later step only stands first when the earlier one could not run yet.
                prop_assert!(pair[0] < pair[1] || needs[pair[1]].contains(&pair[0]));
            }
        }

        #[test]
        fn a_back_edge_gives_a_real_circle(needs in dag(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
            let mut needs = needs;
            let step = from.index(needs.len());
            let before: Vec<usize> = StepGraph::new(&needs).ancestors(step).into_iter().chain([step]).collect();
            let ancestor = before[to.index(before.len())];
            needs[ancestor].push(step);
            let graph = StepGraph::new(&needs);
            let cycles = graph.cycles();
            prop_assert_eq!(cycles.len(), 1);
            let cycle = &cycles[0];
            for (index, &member) in cycle.iter().enumerate() {
                let next = cycle[(index + 1) % cycle.len()];
                prop_assert!(needs[member].contains(&next));
                prop_assert!(!cycle[..index].contains(&member));
            }
            prop_assert_eq!(cycle.iter().min(), cycle.first());
            prop_assert!(graph.order().len() < needs.len());
        }
    }
}
