//! Brute-force search over vectors. Entry type: [`VectorIndex`].
//!
//! Invariant: scores are exact (32-bit floats over the whole vector); what is approximate is only which rows are scored.
//!
//! Two stages, because the time goes into reading memory: every row is first estimated from four bits a number (100,000 rows of 384
//! numbers are 19 MB instead of 154), then the best few hundred are scored exactly. The loops are written so that the compiler
//! makes vector instructions of them; there is no unsafe code.

/// Most rows scored exactly for each row asked for, and at least.
const POOL_PER_ROW: usize = 16;
const POOL_AT_LEAST: usize = 256;
/// Bytes whose products are summed in 16 bits before they are widened: 8 steps of 16 bytes with two products each, and
/// 16 products of at most 15 × 127 fit into 16 bits.
const BLOCK: usize = 128;
const LANES: usize = 16;

/// Why a vector is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// It has another number of dimensions.
    #[error("a vector of {found} dimensions, not {expected}")]
    Dimensions {
        /// What the index has.
        expected: usize,
        /// What was given.
        found: usize,
    },
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// The number of the row, in the order of adding.
    pub row: usize,
    /// The inner product of the two vectors of length 1: their cosine.
    pub score: f32,
}

/// Vectors of one space, each of length 1.
#[derive(Debug, Clone)]
pub struct VectorIndex {
    dimensions: usize,
    /// Bytes of an estimated row: half the dimensions, rounded up to whole lanes.
    stride: usize,
    exact: Vec<f32>,
    /// Number j in the low half of byte j, number j + stride in the high half, each plus 8.
    coarse: Vec<u8>,
    /// What one step of a row's estimate is worth.
    steps: Vec<f32>,
}

impl VectorIndex {
    /// An empty index.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        let stride = dimensions.div_ceil(2).next_multiple_of(LANES);
        Self { dimensions, stride, exact: Vec::new(), coarse: Vec::new(), steps: Vec::new() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a vector, normalised to length 1. One with no length, or with a number that is not finite, is never found before others.
    ///
    /// # Errors
    /// [`VectorError`].
    pub fn add(&mut self, vector: &[f32]) -> Result<usize, VectorError> {
        let row = self.normalised(vector)?;
        let largest = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let step = if largest > 0.0 { largest / 7.0 } else { 1.0 };
        // From -7 to 7, stored from 1 to 15; what is beyond the last dimension is 0, stored as 8.
        let half = |place: usize| -> u8 {
            let level = row.get(place).map_or(0.0, |x| (x / step).round().clamp(-7.0, 7.0));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let stored = (level + 8.0) as u8;
            stored
        };
        self.coarse.extend((0..self.stride).map(|j| half(j) | (half(j + self.stride) << 4)));
        self.exact.extend_from_slice(&row);
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    /// The `most` nearest rows, the best first; equal scores by row.
    ///
    /// # Errors
    /// [`VectorError`].
    pub fn search(&self, query: &[f32], most: usize) -> Result<Vec<Match>, VectorError> {
        let query = self.normalised(query)?;
        let pool = (most * POOL_PER_ROW).max(POOL_AT_LEAST);
        if self.len() <= pool {
            return Ok(self.best(&query, 0..self.len(), most));
        }
        let candidates = self.estimate(&query, pool);
        Ok(self.best(&query, candidates.into_iter(), most))
    }

    /// The same by scoring every row exactly: what the search is measured against.
    ///
    /// # Errors
    /// [`VectorError`].
    pub fn search_exact(&self, query: &[f32], most: usize) -> Result<Vec<Match>, VectorError> {
        Ok(self.best(&self.normalised(query)?, 0..self.len(), most))
    }

    fn normalised(&self, vector: &[f32]) -> Result<Vec<f32>, VectorError> {
        if vector.len() != self.dimensions {
            return Err(VectorError::Dimensions { expected: self.dimensions, found: vector.len() });
        }
        let mut row = vector.to_vec();
        crate::embed::normalise(&mut row);
        Ok(row)
    }

    fn best(&self, query: &[f32], rows: impl Iterator<Item = usize>, most: usize) -> Vec<Match> {
        let mut found: Vec<Match> = rows
            .filter_map(|row| {
                let vector = self.exact.get(row * self.dimensions..(row + 1) * self.dimensions)?;
                Some(Match { row, score: dot(vector, query) })
            })
            .collect();
        let order = |a: &Match, b: &Match| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row));
        if found.len() > most && most > 0 {
            found.select_nth_unstable_by(most - 1, order);
        }
        found.truncate(most);
        found.sort_unstable_by(order);
        found
    }

    /// The rows with the best estimates.
    fn estimate(&self, query: &[f32], pool: usize) -> Vec<usize> {
        let largest = query.iter().fold(0.0_f32, |most, x| most.max(x.abs())).max(f32::MIN_POSITIVE);
        let level = |place: usize| -> i16 {
            #[allow(clippy::cast_possible_truncation)]
            let level = (query.get(place).map_or(0.0, |x| x / largest * 127.0)).round() as i16;
            level
        };
        let low: Vec<i16> = (0..self.stride).map(level).collect();
        let high: Vec<i16> = (0..self.stride).map(|j| level(j + self.stride)).collect();
        // Rows are stored plus 8: eight times the query's sum is taken off again.
        let offset = 8 * low.iter().chain(&high).map(|x| i32::from(*x)).sum::<i32>();
        let mut best: Vec<(f32, u32)> = Vec::with_capacity(pool * 4);
        let mut floor = f32::NEG_INFINITY;
        let rows = self.coarse.chunks_exact(self.stride.max(1)).zip(&self.steps);
        for (number, (row, step)) in (0_u32..).zip(rows) {
            #[allow(clippy::cast_precision_loss)]
            let estimate = (coarse_dot(row, &low, &high) - offset) as f32 * step;
            if estimate > floor {
                best.push((estimate, number));
                if best.len() == pool * 4 {
                    best.select_nth_unstable_by(pool - 1, |a, b| b.0.total_cmp(&a.0));
                    best.truncate(pool);
                    floor = best.iter().map(|b| b.0).fold(f32::INFINITY, f32::min);
                }
            }
        }
        if best.len() > pool {
            best.select_nth_unstable_by(pool - 1, |a, b| b.0.total_cmp(&a.0));
            best.truncate(pool);
        }
        let mut rows: Vec<usize> = best.into_iter().filter_map(|(_, row)| usize::try_from(row).ok()).collect();
        // In the order of memory.
        rows.sort_unstable();
        rows
    }
}

/// The inner product of a row of four-bit numbers (plus 8) and the query's two halves.
#[inline]
fn coarse_dot(row: &[u8], low: &[i16], high: &[i16]) -> i32 {
    let mut total = 0_i32;
    for ((row, low), high) in row.chunks(BLOCK).zip(low.chunks(BLOCK)).zip(high.chunks(BLOCK)) {
        let mut sums = [0_i16; LANES];
        for ((row, low), high) in row.chunks_exact(LANES).zip(low.chunks_exact(LANES)).zip(high.chunks_exact(LANES)) {
            for (((sum, byte), low), high) in sums.iter_mut().zip(row).zip(low).zip(high) {
                let products = i16::from(byte & 15).wrapping_mul(*low).wrapping_add(i16::from(byte >> 4).wrapping_mul(*high));
                *sum = sum.wrapping_add(products);
            }
        }
        total += sums.iter().map(|sum| i32::from(*sum)).sum::<i32>();
    }
    total
}

/// Exact, in eight sums, so that the compiler may use vector instructions.
#[inline]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A generator of numbers about normally distributed, the same everywhere.
    fn numbers(mut state: u64) -> impl FnMut() -> f32 {
        move || {
            let mut sum = 0.0;
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sum += (state >> 40) as f32 / (1_u32 << 24) as f32 - 0.5;
            }
            sum
        }
    }

    #[test]
    fn the_estimate_finds_what_scoring_everything_finds() {
        for (rows, dimensions) in [(1_000, 384), (500, 1_024), (800, 100)] {
            let mut next = numbers(7);
            let mut index = VectorIndex::new(dimensions);
            for _ in 0..rows {
                let vector: Vec<f32> = (0..dimensions).map(|_| next()).collect();
                index.add(&vector).unwrap();
            }
            let (mut same, mut asked) = (0, 0);
            for _ in 0..8 {
                let query: Vec<f32> = (0..dimensions).map(|_| next()).collect();
                let exact = index.search_exact(&query, 10).unwrap();
                let found = index.search(&query, 10).unwrap();
                asked += exact.len();
                same += exact.iter().filter(|m| found.contains(m)).count();
            }
            assert!(same * 1_000 >= asked * 995, "{rows} × {dimensions}: {same} of {asked}");
        }
    }

    #[test]
    fn sums_of_sixteen_bits_do_not_overflow_at_the_extremes() {
        let (row, low) = (vec![0xff_u8; 1_024], vec![127_i16; 1_024]);
        assert_eq!(coarse_dot(&row, &low, &low), 15 * 127 * 2_048);
        let negative = vec![-127_i16; 1_024];
        assert_eq!(coarse_dot(&row, &negative, &negative), -15 * 127 * 2_048);
    }

    #[test]
    fn other_dimensions_are_refused_and_empty_vectors_are_found_last() {
        let mut index = VectorIndex::new(4);
        assert_eq!(index.add(&[1.0]), Err(VectorError::Dimensions { expected: 4, found: 1 }));
        assert!(index.search(&[1.0, 0.0, 0.0, 0.0], 3).unwrap().is_empty());
        index.add(&[0.0; 4]).unwrap();
        index.add(&[f32::NAN, 1.0, 1.0, 1.0]).unwrap();
        index.add(&[2.0, 0.0, 0.0, 0.0]).unwrap();
        let found = index.search(&[1.0, 0.0, 0.0, 0.0], 2).unwrap();
        assert_eq!(found[0], Match { row: 2, score: 1.0 });
        assert_eq!(found[1].score, 0.0);
    }

    proptest! {
        #[test]
        fn any_floats_are_searched_without_a_panic(rows in proptest::collection::vec(proptest::collection::vec(any::<f32>(), 5), 0..20), query in proptest::collection::vec(any::<f32>(), 5), most in 0usize..8) {
            let mut index = VectorIndex::new(5);
            for row in &rows {
                index.add(row).unwrap();
            }
            let found = index.search(&query, most).unwrap();
            prop_assert_eq!(found.len(), most.min(rows.len()));
            prop_assert!(found.iter().all(|m| m.score.is_finite() && m.score <= 1.001));
        }
    }
}
