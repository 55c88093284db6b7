//! What every function's error type has in common.

/// Completes a function's error enum, which lists what can go wrong there and has a last variant `Problem(Problem)` for what any function
/// can meet. The enum says by `From<Error> for Problem` what a caller is told; this adds the ways in and the way out.
#[macro_export]
macro_rules! function_error {
    ($error:ident) => {
        impl ::core::convert::From<$crate::problem::Problem> for $error {
            fn from(problem: $crate::problem::Problem) -> Self {
                Self::Problem(problem)
            }
        }

        impl ::core::convert::From<$crate::store::StoreError> for $error {
            fn from(error: $crate::store::StoreError) -> Self {
                Self::Problem(error.into())
            }
        }

        impl ::axum::response::IntoResponse for $error {
            fn into_response(self) -> ::axum::response::Response {
                $crate::problem::Problem::from(self).into_response()
            }
        }
    };
}
