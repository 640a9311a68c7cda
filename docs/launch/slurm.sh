#!/usr/bin/env bash
# Trains a recipe on the GPUs of several machines of a Slurm cluster.
#
#     sbatch docs/launch/slurm.sh image_classification --data photos --run_dir runs/photos
#
# PyTorch and JAX both take one process for each GPU. The run directory is on a disk that the first
# machine keeps: with `--resume auto` a job that Slurm starts again goes on where it was.
#SBATCH --job-name=kerastune
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --requeue
set -euo pipefail

export KERAS_BACKEND=${KERAS_BACKEND:-torch}
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}

# A task that fails ends the others. Each finds its number in variables that `srun` sets.
srun --kill-on-bad-exit=1 python -m kerastune run "$@" --distribution data_parallel --resume auto
