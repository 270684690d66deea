// Nothing but what test programs precompile; see CMakeLists.txt.
