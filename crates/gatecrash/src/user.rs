//! What a user is and does: the contract with whoever writes one.
//!
//! Never here: when it does anything, or how many there are.

use std::fmt::Display;

use gatecrash_plan::model::Wait;

use crate::Context;

/// How a task went.
pub type Outcome = Result<(), Failed>;

/// Why a task did not go well. Any error becomes one by `?`.
#[derive(Debug)]
pub struct Failed {
    /// Words that are not in the books yet; `None` for a failed request, which is.
    pub(crate) fault: Option<Box<str>>,
}

impl Failed {
    /// A failed request, which is recorded.
    pub(crate) const RECORDED: Failed = Failed { fault: None };

    /// The task could not go on, and no request is to blame. It is told among the
    /// exceptions, where equal words are counted together.
    pub fn because(why: impl Display) -> Failed {
        Failed {
            fault: Some(why.to_string().into()),
        }
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(fault: E) -> Self {
        Failed::because(fault)
    }
}

/// A class of users: one value is one user.
///
/// A user is made, starts, performs one task after the other, and stops. Under `--users` it
/// rests [`WAIT`](User::WAIT) between two tasks; under `--rate` each arrival is one task,
/// on a user that has none.
///
/// Say what it does by [`tasks!`](crate::tasks), which writes [`tasks`](User::tasks) and
/// [`perform`](User::perform).
pub trait User: Sized + 'static {
    /// Its part among all classes of the program.
    const WEIGHT: f64 = 1.0;

    /// The time between two tasks. `Wait::Pacing` begins them that far apart.
    const WAIT: Wait = Wait::None;

    /// A new user. After a start that failed or a task that panicked it is made anew.
    fn new(context: &Context) -> Self;

    /// The name of the class in the reports; by default that of the type.
    fn name() -> String {
        let path = std::any::type_name::<Self>();
        let name = path.split('<').next().unwrap_or(path);
        name.rsplit("::").next().unwrap_or(name).to_owned()
    }

    /// What its users do; at least one task, with a weight above 0.
    fn tasks() -> Vec<Task>;

    /// Does the task of this place in [`tasks`](User::tasks).
    fn perform(&mut self, task: usize) -> impl Future<Output = Outcome>;

    /// Once before the first task. When it fails it is tried again, with a new user.
    fn start(&mut self) -> impl Future<Output = Outcome> {
        async { Ok(()) }
    }

    /// Once after the last task.
    fn stop(&mut self) -> impl Future<Output = ()> {
        async {}
    }
}

/// One thing that a user does at a time: one or several requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub(crate) name: String,
    pub(crate) weight: f64,
}

impl Task {
    /// A task of this name, which is as likely as any other.
    pub fn new(name: impl Into<String>) -> Task {
        Task {
            name: name.into(),
            weight: 1.0,
        }
    }

    /// Its part among the tasks of its class: twice the weight is twice as often.
    #[must_use]
    pub fn weight(self, weight: impl Into<f64>) -> Task {
        Task {
            weight: weight.into(),
            ..self
        }
    }
}

/// Inside `impl User`: which methods are its tasks, each with its weight (1 where none
/// is given). A task is an `async fn(&mut self) -> Outcome`.
///
/// ```
/// # use gatecrash::{Context, Outcome, User, tasks};
/// # struct Visitor;
/// impl User for Visitor {
///     tasks! { look: 3, buy }
///
///     fn new(_: &Context) -> Self {
///         Visitor
///     }
/// }
///
/// impl Visitor {
///     async fn look(&mut self) -> Outcome {
///         Ok(())
///     }
///
///     async fn buy(&mut self) -> Outcome {
///         Ok(())
///     }
/// }
/// assert_eq!(Visitor::tasks().len(), 2);
/// ```
#[macro_export]
macro_rules! tasks {
    ($($task:ident $(: $weight:expr)?),+ $(,)?) => {
        fn tasks() -> ::std::vec::Vec<$crate::Task> {
            ::std::vec![$($crate::Task::new(::std::stringify!($task))$(.weight($weight))?),+]
        }

        async fn perform(&mut self, task: usize) -> $crate::Outcome {
            let mut places = 0usize..;
            $(
                if places.next() == ::std::option::Option::Some(task) {
                    return self.$task().await;
                }
            )+
            ::std::result::Result::Err($crate::Failed::because(
                ::std::format_args!("there is no task {task}"),
            ))
        }
    };
}
