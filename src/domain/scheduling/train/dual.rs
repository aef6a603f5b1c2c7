//! Derivatives carried along with every number (forward mode): 21 of them, one a weight of FSRS.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// How many weights FSRS has.
pub const WEIGHTS: usize = 21;

/// A number and how it changes with each weight.
#[derive(Clone, Copy)]
pub struct Dual {
    pub value: f64,
    pub slope: [f64; WEIGHTS],
}

impl Dual {
    pub const fn fixed(value: f64) -> Self {
        Dual { value, slope: [0.0; WEIGHTS] }
    }

    pub fn weight(weights: &[f64; WEIGHTS], place: usize) -> Self {
        let mut dual = Dual::fixed(weights[place]);
        dual.slope[place] = 1.0;
        dual
    }

    /// A function of it whose value and derivative are known.
    pub fn map(self, value: f64, derivative: f64) -> Self {
        Dual { value, slope: self.slope.map(|slope| slope * derivative) }
    }

    pub fn exp(self) -> Self {
        let value = self.value.exp();
        self.map(value, value)
    }

    pub fn ln(self) -> Self {
        self.map(self.value.ln(), 1.0 / self.value)
    }

    pub fn pow(self, exponent: Dual) -> Self {
        (self.ln() * exponent).exp()
    }

    pub fn clamp(self, (least, most): (f64, f64)) -> Self {
        if self.value < least {
            Dual::fixed(least)
        } else if self.value > most {
            Dual::fixed(most)
        } else {
            self
        }
    }

    pub fn max(self, other: Dual) -> Self {
        if self.value >= other.value { self } else { other }
    }

    pub fn min(self, other: Dual) -> Self {
        if self.value <= other.value { self } else { other }
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(mut self, other: Dual) -> Dual {
        self.value += other.value;
        self.slope.iter_mut().zip(other.slope).for_each(|(a, b)| *a += b);
        self
    }
}

impl Add<f64> for Dual {
    type Output = Dual;
    fn add(mut self, other: f64) -> Dual {
        self.value += other;
        self
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        self * -1.0
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        self + -other
    }
}

impl Mul for Dual {
    type Output = Dual;
    // The product rule is a sum.
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn mul(mut self, other: Dual) -> Dual {
        let value = self.value;
        self.slope.iter_mut().zip(other.slope).for_each(|(a, b)| *a = *a * other.value + b * value);
        self.value *= other.value;
        self
    }
}

impl Mul<f64> for Dual {
    type Output = Dual;
    fn mul(self, factor: f64) -> Dual {
        self.map(self.value * factor, factor)
    }
}

impl Div for Dual {
    type Output = Dual;
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn div(self, other: Dual) -> Dual {
        self * other.map(1.0 / other.value, -1.0 / (other.value * other.value))
    }
}
