// In this repository the browser comes from `tma install chromium`, which needs nothing but the npm registry.
module.exports = { skipDownload: true };
