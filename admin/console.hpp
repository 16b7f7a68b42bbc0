// The admin's server, put together. (The wiring lands with the dispatcher.)
#pragma once
