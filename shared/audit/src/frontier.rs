//! A Merkle tree that only grows, in constant space. Entry type: [`Frontier`].
//!
//! Invariant: the roots are those of [`crate::merkle::root`] over the same leaves; of the leaves only the at most 64
//! hashes are kept that later leaves are joined with.
//!
//! ```
//! use audit::{frontier::Frontier, merkle::{leaf_hash, root}};
//! let mut tree = Frontier::default();
//! let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
//! leaves.iter().for_each(|leaf| tree.append(*leaf));
//! assert_eq!(tree.root(), root(&leaves));
//! ```

use crate::merkle::{Hash, empty_root, node_hash};

/// The right edge of a tree: the roots of its full subtrees, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A tree that was written down. `None` when a tree of that size has another number of full subtrees.
    #[must_use]
    pub fn of(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (u32::try_from(peaks.len()).ok()? == size.count_ones()).then_some(Self { size, peaks })
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the full subtrees, the largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// One more leaf.
    pub fn append(&mut self, leaf: Hash) {
        let (mut node, mut rest) = (leaf, self.size);
        while rest & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            node = node_hash(&left, &node);
            rest >>= 1;
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        peaks.next().map_or_else(empty_root, |last| peaks.fold(*last, |below, peak| node_hash(peak, &below)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, root};

    #[test]
    fn a_growing_tree_has_the_roots_of_whole_trees_and_survives_being_written_down() {
        let leaves: Vec<Hash> = (0_u32..130).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut tree = Frontier::default();
        assert_eq!(tree.root(), empty_root());
        for (n, leaf) in leaves.iter().enumerate() {
            tree.append(*leaf);
            assert_eq!(tree.root(), root(&leaves[..=n]));
            tree = Frontier::of(tree.size(), tree.peaks().to_vec()).unwrap();
        }
        assert!(Frontier::of(3, vec![leaves[0]]).is_none());
    }
}
