# Read by run.sh and run-docker.sh. unpack PART...: unpacks parts of scripts/pack.sh to /opt/tma.
unpack() {
  for part in "$@"; do
    name=$(basename "$part" .tar.xz)
    if [ -f "$part" ] && [ ! -e "/opt/tma/.$name" ]; then
      mkdir -p /opt/tma
      tar -xJf "$part" -C /opt/tma && touch "/opt/tma/.$name"
    fi
  done
}
export TMA_CACHE=/opt/tma/cache PATH="/opt/tma/bin:$PATH"
# numpy 1 for the models, whatever the machine has. Triton's Python backend does not read PYTHONPATH, but takes the packages of
# the environment whose python3 comes first on PATH: one with numpy 1 before the packages of the machine's own.
models=/opt/tma/python
if [ ! -d "$models" ] && [ -d /opt/tma/site ]; then
  packages=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  python3 -m venv --without-pip "$models"
  printf '%s\n' /opt/tma/site "$packages" >"$(echo "$models"/lib/python3.*/site-packages)/models.pth"
fi
[ ! -d "$models" ] || export VIRTUAL_ENV="$models" PATH="$models/bin:$PATH"
# Triton's Python backend loads the library of the models' Python, which an environment keeps in a folder of its own.
library=$(python3 -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
case ":$LD_LIBRARY_PATH:" in
  *":$library:"*) ;;
  *) export LD_LIBRARY_PATH="$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ;;
esac
