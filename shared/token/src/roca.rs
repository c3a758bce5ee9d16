//! RSA moduli of a broken generator (ROCA, CVE-2017-15361). Entry point: [`is_vulnerable`].
//!
//! Such a modulus is a power of 65537 modulo every small prime; a sound one is with a probability of about 2^-27
//! (Nemec et al., "The Return of Coppersmith's Attack", 2017, section 2.1).

/// The primes of the published fingerprint.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137,
    139, 149, 151, 157, 163, 167,
];

/// Whether a modulus (big-endian) bears the fingerprint.
pub(crate) fn is_vulnerable(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0_u32, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        for _ in 0..*prime {
            if power == rest {
                return true;
            }
            power = power * (65_537 % prime) % prime;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_the_generator_bears_the_fingerprint_and_other_numbers_do_not() {
        // 65537^3, and its neighbours.
        let power = 65_537_u64.pow(3);
        assert!(is_vulnerable(&power.to_be_bytes()));
        assert!(!is_vulnerable(&(power + 2).to_be_bytes()));
        assert!(!is_vulnerable(&(power - 2).to_be_bytes()));
    }
}
