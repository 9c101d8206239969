# The C++ library, which the Python module stands on: the pure layers up to the study, with hone::minimize and ask and tell
# on top.
function(hone_api)
  add_library(hone_api STATIC ${PROJECT_SOURCE_DIR}/src/run/ask_tell.cpp ${PROJECT_SOURCE_DIR}/src/run/minimize.cpp)
  target_link_libraries(hone_api PUBLIC hone_study)
  target_compile_features(hone_api PUBLIC cxx_std_20)
  set_target_properties(hone_api PROPERTIES EXPORT_NAME hone OUTPUT_NAME hone)
endfunction()
