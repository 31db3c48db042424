//! Pure rules of bookings: which days and hours a wish means ([`stays`]), on what terms a class
//! takes it ([`terms`]), what it costs ([`price`]), and what may still happen to it ([`life`]).

pub mod corrections;
pub mod life;
pub mod price;
pub mod stays;
pub mod terms;
