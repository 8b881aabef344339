//! A flame graph of a process beside a scenario.
//!
//! In: which process, for how long, and the folder of the results. Out: `flame-SCENARIO.svg`
//! there, or why there is none. The tool is a command as any other that runs beside a
//! scenario. What it has sampled is read when the load is over: that takes CPU which the
//! target may need.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatecrash_metrics::watch::{Profile, Sampler};
use gatecrash_monitor::profile::{Aim, Clock, needs_software_clock, picture};
use gatecrash_plan::model::HookCommand;
use tokio::sync::watch;
use tokio::time::sleep;

use super::command::{Command, ended, wished};
use super::{Files, Wish, harmless};

/// How much longer a tool may go on than it was told to: before it samples it looks at the
/// process and its libraries, which takes seconds on a busy machine.
const TO_BEGIN: Duration = Duration::from_secs(15);

/// How long a tool may take to end once it was asked to: then it writes what it has.
const TO_END: Duration = Duration::from_secs(30);

/// A flame graph that a plan asks for.
#[derive(Debug)]
pub(super) struct FlameGraph {
    profile: Profile,
}

/// What a tool writes down on the way; it goes when the picture is there, or will not be.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Where nothing was written, nothing has to go.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl FlameGraph {
    pub(super) fn new(profile: Profile) -> FlameGraph {
        FlameGraph { profile }
    }

    /// Samples and draws; gives what there is to tell, and the name of the picture.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn perform(
        &self,
        files: Option<&Files>,
        wish: &mut watch::Receiver<Wish>,
    ) -> Result<(String, String), String> {
        let files = files.ok_or("without a folder of results it cannot be kept")?;
        tokio::select! {
            biased;
            () = ended(wish) => return Err("the scenario was over before it began".to_owned()),
            () = sleep(self.profile.after) => {}
        }
        let aim = Aim::at(&self.profile.process)?;
        let sampler = aim.sampler(self.profile.tool).await?;
        let name = format!("flame-{}", harmless(&files.scenario));
        let samples = Scratch(files.folder.join(format!("{name}.samples")));
        self.sample(&aim, sampler, &samples.0, wish).await?;
        ended(wish).await;
        let (svg, told) = tokio::select! {
            drawn = picture(sampler, &samples.0, &self.profile) => drawn?,
            () = wished(wish, Wish::CutOff) => {
                return Err("cut off, as the run was stopped".to_owned());
            }
        };
        let name = format!("{name}.svg");
        match std::fs::write(files.folder.join(&name), svg) {
            Ok(()) => Ok((told, name)),
            Err(fault) => Err(format!("{name} cannot be kept: {fault}")),
        }
    }

    async fn sample(
        &self,
        aim: &Aim,
        sampler: Sampler,
        file: &Path,
        wish: &mut watch::Receiver<Wish>,
    ) -> Result<(), String> {
        // It is run where the file belongs, so its name alone says where that is.
        let folder = file.parent().unwrap_or(Path::new("."));
        let name = Path::new(file.file_name().unwrap_or_default());
        let run = |clock| {
            let plan = HookCommand {
                words: aim.words(sampler, clock, self.profile.runs_for, name),
                runs_for: Some(self.profile.runs_for.saturating_add(TO_BEGIN)),
                timeout: TO_END,
                keep: None,
            };
            Command::new(plan, folder.to_owned())
        };
        let mut outcome = run(Clock::Own).perform(wish).await;
        if matches!(&outcome, Err(said) if needs_software_clock(sampler, said)) {
            outcome = run(Clock::Software).perform(wish).await;
        }
        match outcome {
            Err(said) => Err(aim.why(sampler, &said)),
            Ok(_) if file.exists() => Ok(()),
            Ok(said) => Err(aim.why(sampler, &format!("it left no samples: {said}"))),
        }
    }
}
