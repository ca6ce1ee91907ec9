//! From time and values to places in a figure.
//!
//! Across, places are percentages of the figure's width, so that it fits any screen without a script; upwards they are pixels.

use std::fmt;

use crate::html::words;

/// The steps between marks on the axis of time, in seconds.
const STEPS: [f64; 13] = [
    10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 43_200.0,
    86_400.0,
];
/// The most marks: what a phone has room for.
const MOST_MARKS: f64 = 9.5;

/// A share of the width.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}%", self.0)
    }
}

impl maud::Render for Percent {
    fn render_to(&self, buffer: &mut String) {
        use fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(buffer, "{self}");
    }
}

/// The axis of time: from the rehearsal's beginning to its end. Places are counted from the beginning, and the clock from its zero.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    end: f64,
    zero: f64,
}

impl Time {
    /// From 0 to so many seconds.
    pub fn until(seconds: f64) -> Self {
        Self {
            end: seconds.clamp(1.0, 1e9),
            zero: 0.0,
        }
    }

    /// The same axis, whose clock is at 0:00 so many seconds after the beginning.
    pub fn with_zero_at(self, seconds: f64) -> Self {
        Self {
            zero: seconds.clamp(0.0, self.end),
            ..self
        }
    }

    /// Where its clock is at 0:00, in seconds from the beginning.
    pub fn zero(self) -> f64 {
        self.zero
    }

    /// Whether the clock is at 0:00 there, somewhere within the axis.
    pub fn is_zero(self, seconds: f64) -> bool {
        self.zero > 0.0 && (seconds - self.zero).abs() < 0.5
    }

    /// What the clock shows at a moment.
    pub fn clock(self, seconds: f64) -> String {
        words::clock(seconds - self.zero)
    }

    /// Its end, in seconds.
    pub fn end(self) -> f64 {
        self.end
    }

    /// Where a moment is.
    pub fn at(self, seconds: f64) -> Percent {
        Percent(seconds.clamp(0.0, self.end) / self.end * 100.0)
    }

    /// From where to where a span goes, as its beginning and its width.
    pub fn span(self, from: f64, to: f64) -> (Percent, Percent) {
        let (from, to) = (self.at(from), self.at(to));
        (from, Percent((to.0 - from.0).max(0.0)))
    }

    /// The moments of its marks: whole steps of the clock.
    pub fn marks(self) -> Vec<f64> {
        let last = STEPS[STEPS.len() - 1];
        let mut step = STEPS
            .into_iter()
            .find(|step| self.end / step <= MOST_MARKS)
            .unwrap_or(last);
        while self.end / step > MOST_MARKS {
            step *= 2.0;
        }
        let first = self.zero - (self.zero / step).floor() * step;
        let mut marks = vec![first];
        while let Some(last) = marks.last()
            && last + step <= self.end
        {
            marks.push(last + step);
        }
        marks
    }
}

/// An axis of values, upwards from 0.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    top: f64,
    height: f64,
}

impl Values {
    /// An axis with room for these values, so many pixels high.
    pub fn with_room_for(values: impl IntoIterator<Item = f64>, height: u32) -> Self {
        let largest = values.into_iter().filter(|value| value.is_finite());
        let largest = largest.fold(0.0, f64::max).min(1e300);
        Self {
            top: if largest > 0.0 { nice(largest) } else { 1.0 },
            height: f64::from(height),
        }
    }

    /// The largest value on it.
    pub fn top(self) -> f64 {
        self.top
    }

    /// How high a value stands, in pixels from the bottom.
    pub fn height_of(self, value: f64) -> f64 {
        value.clamp(0.0, self.top) / self.top * self.height
    }

    /// How far a value is from the top, in pixels.
    pub fn at(self, value: f64) -> f64 {
        self.height - self.height_of(value)
    }
}

/// How many times its smallest value the largest of an axis of factors is at most.
const MOST_FACTORS: f64 = 1e12;

/// An axis of values whose equal steps are equal factors, upwards from the power of ten under the least.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    bottom: f64,
    top: f64,
    height: f64,
}

impl Factors {
    /// An axis with room for these values, so many pixels high. What is not above 0 is at its bottom.
    pub fn with_room_for(values: impl IntoIterator<Item = f64> + Clone, height: u32) -> Self {
        let above_zero = |value: &f64| *value > 0.0 && value.is_finite();
        let least = values.clone().into_iter().filter(above_zero);
        let least = least.fold(f64::INFINITY, f64::min);
        let top = Values::with_room_for(values, height).top();
        let bottom = 10_f64.powf(least.min(top).max(1e-300).log10().floor());
        Self {
            bottom: if bottom < top {
                bottom.max(top / MOST_FACTORS)
            } else {
                top / 10.0
            },
            top,
            height: f64::from(height),
        }
    }

    /// Its smallest value.
    pub fn bottom(self) -> f64 {
        self.bottom
    }

    /// Its largest value.
    pub fn top(self) -> f64 {
        self.top
    }

    /// How far a value is from the top, in pixels.
    pub fn at(self, value: f64) -> f64 {
        let factors = (self.top / self.bottom).ln();
        let value = value.max(self.bottom).min(self.top);
        (self.top / value).ln() / factors * self.height
    }

    /// The powers of ten between its smallest value and its largest.
    pub fn marks(self) -> Vec<f64> {
        let mut marks = Vec::new();
        let mut mark = self.bottom * 10.0;
        while mark < self.top * 0.999 && marks.len() < 12 {
            marks.push(mark);
            mark *= 10.0;
        }
        marks
    }
}

/// The next number that is 1, 1.5, 2, 3, 5 or 8 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|candidate| *candidate >= value)
        .unwrap_or(value)
}

/// A number of pixels.
pub fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_few_and_on_whole_minutes_where_they_can_be() {
        assert_eq!(
            Time::until(365.15).marks(),
            [0.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0]
        );
        let shifted = Time::until(400.0).with_zero_at(65.0);
        assert_eq!(
            shifted
                .marks()
                .into_iter()
                .map(|mark| shifted.clock(mark))
                .collect::<Vec<_>>(),
            ["−1:00", "0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]
        );
        assert_eq!(Time::until(5_400.0).marks().len(), 10);
        assert_eq!(Time::until(0.0).marks(), [0.0]);
    }

    #[test]
    fn on_an_axis_of_factors_ten_times_as_much_is_as_far_up_wherever_it_begins() {
        let axis = Factors::with_room_for([20.0, 170.0, 2_000.0], 60);
        assert_eq!((axis.bottom(), axis.top()), (10.0, 2_000.0));
        let step = axis.at(20.0) - axis.at(200.0);
        assert!((step - (axis.at(200.0) - axis.at(2_000.0))).abs() < 1e-9);
        assert_eq!((axis.at(2_000.0), axis.at(0.0)), (0.0, 60.0));
        assert_eq!(axis.marks(), [100.0, 1_000.0]);
        let flat = Factors::with_room_for([1.0], 60);
        assert!(flat.bottom() < flat.top(), "{flat:?}");
    }

    proptest! {
        #[test]
        fn whatever_the_numbers_are_places_are_within_the_figure(
            end in any::<f64>(), at in any::<f64>(), zero in 0.0..2e9, value in any::<f64>(), others in any::<[f64; 3]>(),
        ) {
            let time = Time::until(if end.is_nan() { 0.0 } else { end }).with_zero_at(zero);
            prop_assert!(time.marks().len() <= 11);
            if !at.is_nan() && !value.is_nan() {
                prop_assert!((0.0..=100.0).contains(&time.at(at).0));
                let values = Values::with_room_for(others, 60);
                prop_assert!((0.0..=60.0).contains(&values.at(value)), "{} of {}", value, values.top());
                let factors = Factors::with_room_for(others, 60);
                prop_assert!((0.0..=60.0).contains(&factors.at(value)), "{} of {:?}", value, factors);
            }
        }
    }
}
