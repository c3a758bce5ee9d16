//! Merkle trees over records, as in RFC 6962. Entry types: [`Hash`], [`root`], [`verify_inclusion`],
//! [`verify_consistency`].
//!
//! Invariant: leaves and inner nodes are hashed with different prefixes (0x00, 0x01), so that neither can be taken for
//! the other; a proof is right only when all of it is used.
//!
//! ```
//! use audit::merkle::{inclusion_proof, leaf_hash, root, verify_inclusion};
//! let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
//! let proof = inclusion_proof(&leaves, 2).unwrap();
//! assert!(verify_inclusion(&leaves[2], 2, 3, &proof, &root(&leaves)).is_ok());
//! assert!(verify_inclusion(&leaves[1], 2, 3, &proof, &root(&leaves)).is_err());
//! ```

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash as bytes.
pub type Hash = [u8; 32];

/// A proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf in a tree of that size, or the earlier tree is larger than the later one, or empty.
    #[error("the proof is about a place that the tree does not have")]
    Range,
    /// The proof has more or fewer hashes than the sizes ask for.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// Something that should be a hash does not have 32 bytes.
    #[error("a hash has 32 bytes")]
    NotAHash,
    /// The computed root is another one.
    #[error("the proof leads to another root")]
    Root,
}

/// Hash of a leaf: `sha256(0x00 || data)` (RFC 6962, 2.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new_with_prefix([0x00]).chain_update(data).finalize().into()
}

/// Hash of an inner node: `sha256(0x01 || left || right)` (RFC 6962, 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree with no leaf: `sha256("")`.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest(b"").into()
}

/// The root over leaf hashes.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = halves(leaves);
            node_hash(&root(left), &root(right))
        }
    }
}

/// Splits at the largest power of two smaller than the length.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at_checked(leaves.len().next_power_of_two() / 2).unwrap_or((leaves, &[]))
}

/// The proof that a leaf is in the tree: `PATH(m, D[n])` (RFC 6962, 2.1.1). `None` when there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut rest, mut index) = (leaves, index);
    while rest.len() > 1 {
        let (left, right) = halves(rest);
        if index < left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            rest = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The proof that the tree of the first `earlier` leaves is the beginning of this one: `PROOF(m, D[n])` (RFC 6962,
/// 2.1.2). `None` when there is no such earlier tree, or it has no leaf.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], earlier: usize) -> Option<Vec<Hash>> {
    if earlier == 0 || earlier > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut rest, mut earlier, mut whole) = (leaves, earlier, true);
    while earlier != rest.len() {
        let (left, right) = halves(rest);
        if earlier <= left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            earlier -= left.len();
            rest = right;
            whole = false;
        }
    }
    if !whole {
        proof.push(root(rest));
    }
    proof.reverse();
    Some(proof)
}

fn hash_of(bytes: &[u8]) -> Result<Hash, ProofError> {
    bytes.try_into().map_err(|_| ProofError::NotAHash)
}

/// Whether a leaf is number `index` (from 0) of the tree of `size` leaves with a root (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(leaf: &[u8], index: u64, size: u64, proof: &[impl AsRef<[u8]>], tree_root: &[u8]) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = hash_of(leaf)?;
    for step in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        let step = &hash_of(step.as_ref())?;
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            // A right-most node without a sibling stands for its parents, too.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == tree_root { Ok(()) } else { Err(ProofError::Root) }
}

/// Whether the tree of `earlier` leaves with one root is the beginning of the tree of `later` leaves with the other
/// (RFC 9162, 2.1.4.2). An empty earlier tree is the beginning of every tree, so that nothing is proven by it:
/// [`ProofError::Range`].
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    earlier: u64,
    later: u64,
    proof: &[impl AsRef<[u8]>],
    earlier_root: &[u8],
    later_root: &[u8],
) -> Result<(), ProofError> {
    if earlier == 0 || earlier > later {
        return Err(ProofError::Range);
    }
    if earlier == later {
        return match (proof.is_empty(), earlier_root == later_root) {
            (false, _) => Err(ProofError::Length),
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
        };
    }
    // A full earlier tree is a node of the later one: its root begins the path.
    let (first, steps) = if earlier.is_power_of_two() {
        (hash_of(earlier_root)?, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (hash_of(first.as_ref())?, rest)
    };
    let (mut node, mut last) = (earlier - 1, later - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (first, first);
    for step in steps {
        if last == 0 {
            return Err(ProofError::Length);
        }
        let step = &hash_of(step.as_ref())?;
        if node & 1 == 1 || node == last {
            old = node_hash(step, &old);
            new = node_hash(step, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, step);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old == earlier_root && new == later_root { Ok(()) } else { Err(ProofError::Root) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NO_PROOF: [Hash; 0] = [];

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(format!("record {i}").as_bytes())).collect()
    }

    #[test]
    fn hashes_are_those_of_rfc_6962() {
        assert_eq!(hex::encode(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex::encode(leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_ne!(leaf_hash(&[[1; 32], [2; 32]].concat()), node_hash(&[1; 32], &[2; 32]));
    }

    #[test]
    fn the_root_of_three_leaves_is_written_out() {
        let l = leaves(3);
        assert_eq!(root(&l), node_hash(&node_hash(&l[0], &l[1]), &l[2]));
        assert_eq!(inclusion_proof(&l, 0).unwrap(), [l[1], l[2]]);
        assert_eq!(inclusion_proof(&l, 2).unwrap(), [node_hash(&l[0], &l[1])]);
    }

    #[test]
    fn the_examples_of_rfc_6962_hold() {
        // Section 2.1.3: seven leaves, named as in the figure there.
        let d = leaves(7);
        let (g, h, i) = (node_hash(&d[0], &d[1]), node_hash(&d[2], &d[3]), node_hash(&d[4], &d[5]));
        let (j, k, l) = (d[6], node_hash(&g, &h), node_hash(&i, &d[6]));
        assert_eq!(root(&d), node_hash(&k, &l));
        assert_eq!(inclusion_proof(&d, 0).unwrap(), [d[1], h, l]);
        assert_eq!(inclusion_proof(&d, 3).unwrap(), [d[2], g, l]);
        assert_eq!(inclusion_proof(&d, 4).unwrap(), [d[5], j, k]);
        assert_eq!(inclusion_proof(&d, 6).unwrap(), [i, k]);
        assert_eq!(consistency_proof(&d, 3).unwrap(), [d[2], d[3], g, l]);
        assert_eq!(consistency_proof(&d, 4).unwrap(), [l]);
        assert_eq!(consistency_proof(&d, 6).unwrap(), [i, j, k]);
    }

    #[test]
    fn places_that_the_tree_does_not_have_are_refused() {
        let l = leaves(4);
        assert!(inclusion_proof(&l, 4).is_none() && consistency_proof(&l, 0).is_none() && consistency_proof(&l, 5).is_none());
        assert_eq!(verify_inclusion(&l[0], 0, 0, &NO_PROOF, &empty_root()), Err(ProofError::Range));
        assert_eq!(verify_inclusion(&l[0], 4, 4, &NO_PROOF, &root(&l)), Err(ProofError::Range));
        assert_eq!(verify_consistency(5, 4, &NO_PROOF, &root(&l), &root(&l)), Err(ProofError::Range));
        assert_eq!(verify_consistency(0, 4, &NO_PROOF, &empty_root(), &root(&l)), Err(ProofError::Range));
        assert_eq!(verify_inclusion(&l[0], u64::MAX - 1, u64::MAX, &NO_PROOF, &root(&l)), Err(ProofError::Length));
    }

    #[test]
    fn what_has_not_the_length_of_a_hash_is_none() {
        let l = leaves(3);
        let tree = root(&l);
        let short: Vec<&[u8]> = vec![&[7; 31]];
        assert_eq!(verify_inclusion(&l[2], 2, 3, &short, &tree), Err(ProofError::NotAHash));
        assert_eq!(verify_inclusion(&[], 0, 1, &NO_PROOF, &tree), Err(ProofError::NotAHash));
        assert_eq!(verify_consistency(2, 3, &short, &root(&l[..2]), &tree), Err(ProofError::NotAHash));
    }

    proptest! {
        #[test]
        fn every_leaf_is_proven_and_no_other_leaf_or_place_is(n in 1_usize..70, pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
            let (l, i, j) = (leaves(n), pick.index(n), other.index(n));
            let (size, tree) = (n as u64, root(&l));
            let proof = inclusion_proof(&l, i).unwrap();
            prop_assert_eq!(verify_inclusion(&l[i], i as u64, size, &proof, &tree), Ok(()));
            if i != j {
                prop_assert!(verify_inclusion(&l[j], i as u64, size, &proof, &tree).is_err());
                prop_assert!(verify_inclusion(&l[i], j as u64, size, &proof, &tree).is_err());
            }
        }

        #[test]
        fn every_earlier_tree_is_proven(n in 1_usize..70, pick in any::<prop::sample::Index>()) {
            let l = leaves(n);
            let m = pick.index(n) + 1;
            let proof = consistency_proof(&l, m).unwrap();
            prop_assert_eq!(verify_consistency(m as u64, n as u64, &proof, &root(&l[..m]), &root(&l)), Ok(()));
        }

        #[test]
        fn a_rewritten_past_is_not_proven(n in 2_usize..70, pick in any::<prop::sample::Index>(), victim in any::<prop::sample::Index>()) {
            let l = leaves(n);
            let m = pick.index(n) + 1;
            let earlier = root(&l[..m]);
            let mut rewritten = l.clone();
            rewritten[victim.index(m)] = leaf_hash(b"another past");
            let proof = consistency_proof(&rewritten, m).unwrap();
            prop_assert!(verify_consistency(m as u64, n as u64, &proof, &earlier, &root(&rewritten)).is_err());
        }

        #[test]
        fn a_changed_shortened_or_lengthened_proof_proves_nothing(n in 2_usize..70, pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_usize..256) {
            let l = leaves(n);
            let tree = root(&l);
            let i = pick.index(n);
            let proof = inclusion_proof(&l, i).unwrap();
            let check = |p: &[Hash]| verify_inclusion(&l[i], i as u64, n as u64, p, &tree);
            let mut flipped = proof.clone();
            flipped[at.index(proof.len())][bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(check(&flipped), Err(ProofError::Root));
            prop_assert_eq!(check(&proof[1..]), Err(ProofError::Length));
            prop_assert_eq!(check(&[proof.clone(), vec![tree]].concat()), Err(ProofError::Length));

            let m = (i + 1).min(n - 1);
            let proof = consistency_proof(&l, m).unwrap();
            let check = |p: &[Hash]| verify_consistency(m as u64, n as u64, p, &root(&l[..m]), &tree);
            let mut flipped = proof.clone();
            flipped[at.index(proof.len())][bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(check(&flipped), Err(ProofError::Root));
            prop_assert!(check(&proof[1..]).is_err());
            prop_assert_eq!(check(&[proof.clone(), vec![tree]].concat()), Err(ProofError::Length));
        }
    }
}
