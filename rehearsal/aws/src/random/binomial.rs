//! How many of so many happen: one draw instead of one for each.

use super::Sequence;

/// From which mean on a count is drawn by rejection. Below it counting up is quicker.
const REJECTION_FROM: f64 = 10.0;

impl Sequence {
    /// How many of `trials` happen, where each does with this probability, independently of the others.
    ///
    /// Exact up to the arithmetic: few by inversion, many by transformed rejection with squeeze (Hörmann, "The generation of binomial
    /// random variates", 1993: BTRS).
    ///
    /// ```
    /// use rehearsal_aws::random::Sequence;
    ///
    /// let mut sequence = Sequence::new(1);
    /// assert_eq!(sequence.how_many(600, 0.0), 0);
    /// assert_eq!(sequence.how_many(600, 1.0), 600);
    /// assert!((250..350).contains(&sequence.how_many(600, 0.5)));
    /// ```
    pub fn how_many(&mut self, trials: u32, probability: f64) -> u32 {
        if trials == 0 || probability <= 0.0 {
            return 0;
        }
        if probability >= 1.0 {
            return trials;
        }
        if probability > 0.5 {
            return trials - self.how_many(trials, 1.0 - probability);
        }
        if f64::from(trials) * probability < REJECTION_FROM {
            self.counted_up(trials, probability)
        } else {
            self.by_rejection(trials, probability)
        }
    }

    /// Inversion: the first count up to which the probabilities add up to a draw.
    fn counted_up(&mut self, trials: u32, probability: f64) -> u32 {
        let odds = probability / (1.0 - probability);
        let none = power(1.0 - probability, trials);
        let mut rest = self.share();
        let (mut count, mut likely) = (0, none);
        while rest >= likely {
            rest -= likely;
            count += 1;
            // Reached by the last bits of a share alone.
            if count == trials {
                break;
            }
            likely *= odds * f64::from(trials - count + 1) / f64::from(count);
        }
        count
    }

    /// BTRS. The names are Hörmann's.
    #[expect(
        clippy::many_single_char_names,
        reason = "they are those of the algorithm, by which it can be compared"
    )]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is within 0 to `trials`, checked"
    )]
    fn by_rejection(&mut self, trials: u32, p: f64) -> u32 {
        let n = f64::from(trials);
        let spread = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let c = n * p + 0.5;
        let alpha = (2.83 + 5.1 / b) * spread;
        let squeeze = 0.92 - 4.2 / b;
        let r = p / (1.0 - p);
        let m = ((n + 1.0) * p).floor();
        loop {
            let u = self.share() - 0.5;
            let v = self.share();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + c).floor();
            if us >= 0.07 && v <= squeeze {
                return k as u32;
            }
            if !(0.0..=n).contains(&k) {
                continue;
            }
            let v = (v * alpha / (a / (us * us) + b)).ln();
            let bound = (m + 0.5) * ((m + 1.0) / (r * (n - m + 1.0))).ln()
                + (n + 1.0) * ((n - m + 1.0) / (n - k + 1.0)).ln()
                + (k + 0.5) * (r * (n - k + 1.0) / (k + 1.0)).ln()
                + stirling(m)
                + stirling(n - m)
                - stirling(k)
                - stirling(n - k);
            if v <= bound {
                return k as u32;
            }
        }
    }
}

/// By squares: the same on every machine.
fn power(base: f64, mut exponent: u32) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

/// ln k! without (k + ½) ln(k + 1) − (k + 1) + ½ ln 2π.
fn stirling(k: f64) -> f64 {
    let next = k + 1.0;
    let square = next * next;
    if k < 9.5 {
        // The series is not close enough for small ones, so those are summed.
        let mut logarithm = 0.0;
        let mut factor = 2.0;
        while factor <= k + 0.5 {
            logarithm += f64::ln(factor);
            factor += 1.0;
        }
        return logarithm - ((k + 0.5) * next.ln() - next + 0.5 * std::f64::consts::TAU.ln());
    }
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1_260.0 / square) / square) / next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pearson's statistic of many draws, in standard deviations above its mean: cells with at least ten expected.
    fn distance(trials: u32, probability: f64, draws: u32, start: u64) -> f64 {
        let mut sequence = Sequence::new(start);
        let mut seen = vec![0_u32; trials as usize + 1];
        for _ in 0..draws {
            seen[sequence.how_many(trials, probability) as usize] += 1;
        }
        let (mut statistic, mut cells) = (0.0, 0.0);
        let (mut expected, mut found) = (0.0, 0.0);
        let mut ln_probability = f64::from(trials) * (1.0 - probability).ln();
        for (count, times) in (0..).zip(&seen) {
            expected += f64::from(draws) * ln_probability.exp();
            found += f64::from(*times);
            ln_probability += (f64::from(trials - count) / f64::from(count + 1)).ln();
            ln_probability += (probability / (1.0 - probability)).ln();
            if expected >= 10.0 {
                statistic += (found - expected).powi(2) / expected;
                cells += 1.0;
                (expected, found) = (0.0, 0.0);
            }
        }
        assert!(cells >= 2.0, "{trials} {probability}");
        (statistic - (cells - 1.0)) / (2.0 * (cells - 1.0)).sqrt()
    }

    #[test]
    fn counts_are_binomial_by_inversion_and_by_rejection() {
        for (trials, probability) in [
            (6, 0.1),
            (6, 0.9),
            (60, 0.1),
            (60, 0.5),
            (99, 0.1),
            (101, 0.1),
            (600, 0.02),
            (600, 0.3),
            (6_000, 0.5),
            (100_000, 0.001),
        ] {
            // One sequence alone is unlucky now and then; the mean of sixteen has a quarter of its spread.
            let starts = 0..16;
            let distances = starts.map(|start| distance(trials, probability, 5_000, start));
            let mean = distances.sum::<f64>() / 16.0;
            assert!(mean < 1.5, "{trials} {probability}: {mean}");
        }
    }

    #[test]
    fn the_rest_of_stirlings_series_is_what_it_must_be() {
        for k in 0..30_u32 {
            let factorial: f64 = (1..=k).map(|i| f64::from(i).ln()).sum();
            let k = f64::from(k);
            let near = (k + 0.5) * (k + 1.0).ln() - (k + 1.0) + 0.5 * std::f64::consts::TAU.ln();
            assert!((near + stirling(k) - factorial).abs() < 1e-9, "{k}");
        }
    }
}
